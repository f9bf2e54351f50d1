import { formatNpub, generateSecretKey, getPublicKey } from '@mcp-nostr/core';
import { expect, it } from 'vitest';

import { Domain, trustDomains } from '../address-book/domain.test.support.ts';
import { checkName } from './name-check.ts';

const [one = '', two = ''] = [1, 2].map(() => getPublicKey(generateSecretKey()));

it('finds out whether a name still leads where it led first', async () => {
  trustDomains();
  const domain = await Domain.open();
  const nip05 = `weather@${domain.host}`;
  const check = (): ReturnType<typeof checkName> =>
    checkName({ address: formatNpub(one), pubkey: one, relays: [], nip05 });
  domain.document = { names: { weather: one } };
  expect(await check()).toMatchObject([{ id: 'name', status: 'ok' }]);
  domain.document = { names: { weather: two } };
  expect(await check()).toMatchObject([
    {
      status: 'fail',
      exitCode: 7,
      detail: expect.stringContaining(formatNpub(two)),
      hint: expect.stringContaining('alias accept'),
    },
  ]);
  await domain.close();
  expect(await check()).toMatchObject([
    { status: 'warn', detail: expect.stringContaining('could not be asked') },
  ]);
});

it('has nothing to find out of an address', async () => {
  const server = { address: formatNpub(one), pubkey: one, relays: [] };
  expect(await checkName(server)).toEqual([]);
  expect(await checkName({ ...server, name: 'weather' })).toMatchObject([
    { status: 'ok', detail: `weather is ${formatNpub(one)}` },
  ]);
});
