import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { formatNpub, generateSecretKey, getPublicKey, type JsonRpcMessage } from '@mcp-nostr/core';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';

import { Domain, trustDomains } from '../address-book/domain.test.support.ts';
import type { ClientTransport } from '../client-transport.ts';
import { GuardedTransport } from './guarded-transport.ts';
import { resolveUpstreams } from './joined/resolve-upstreams.ts';
import { NameWatch } from './name-watch.ts';

const [one = '', two = ''] = [1, 2].map(() => getPublicKey(generateSecretKey()));

beforeEach(() => {
  const home = mkdtempSync(join(tmpdir(), 'mcp-nostr-names-'));
  vi.stubEnv('MCP_NOSTR_HOME', home);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true });
  });
});

/** A server whose name was seen before, as `connect` has it. */
async function connectWeather() {
  trustDomains();
  const domain = await Domain.open();
  domain.document = { names: { weather: one } };
  const words = [{ prefix: undefined, address: `weather@${domain.host}` }];
  await resolveUpstreams(words);
  const [upstream] = await resolveUpstreams(words);
  if (upstream === undefined) throw new Error('there is no upstream');
  const said: string[] = [];
  const watch = (): NameWatch => new NameWatch([upstream], (level, line) => said.push(`${level} ${line}`));
  return { domain, upstream, watch, said };
}

it('verifies a name while its server is in use', async () => {
  const { domain, upstream, watch, said } = await connectWeather();
  // Only the first use has waited for the domain.
  expect(domain.asked.length).toBe(1);
  const names = watch();
  await names.done;
  expect(said).toEqual([expect.stringMatching(/^info verified: weather@.* ✓\)$/)]);
  expect(names.objection(upstream)).toBeUndefined();
});

it('says loudly that a name leads to another key, and has that against the server', async () => {
  const { domain, upstream, watch, said } = await connectWeather();
  domain.document = { names: { weather: two } };
  const names = watch();
  expect(names.objection(upstream)).toBeUndefined();
  await names.done;
  const [line = '', ...more] = said;
  expect(more).toEqual([]);
  expect(line).toMatch(/^error /);
  for (const text of [formatNpub(one), formatNpub(two), 'alias accept']) {
    expect(line).toContain(text);
    expect(names.objection(upstream)).toContain(text);
  }
});

it('has nothing against a server whose domain cannot be reached', async () => {
  const { domain, upstream, watch, said } = await connectWeather();
  await domain.close();
  const names = watch();
  await names.done;
  expect(said).toEqual([expect.stringMatching(/^warn .*the key that it had before is used/)]);
  expect(names.objection(upstream)).toBeUndefined();
});

it('answers a host in place of a server that there is something against', async () => {
  const sent: JsonRpcMessage[] = [];
  const received: JsonRpcMessage[] = [];
  let objection: string | undefined;
  const inner: ClientTransport = {
    start: async () => undefined,
    send: async (message) => void sent.push(message),
    close: async () => undefined,
  };
  const transport = new GuardedTransport(
    () => inner,
    () => objection,
  );
  transport.onmessage = (message) => void received.push(message);
  const request = (id: number, method: string): JsonRpcMessage => ({ jsonrpc: '2.0', id, method });
  await transport.send(request(1, 'tools/call'));
  inner.onmessage?.({ jsonrpc: '2.0', id: 1, result: {} });
  objection = 'weather@example.com had another key';
  await transport.send(request(2, 'tools/call'));
  await transport.send(request(3, 'resources/read'));
  const harmless = ['ping', 'initialize', 'server/discover', 'tools/list', 'resources/templates/list'];
  for (const method of harmless) await transport.send(request(4, method));
  await transport.send({ jsonrpc: '2.0', method: 'notifications/cancelled' });
  expect(sent).toEqual([
    request(1, 'tools/call'),
    ...harmless.map((method) => request(4, method)),
    { jsonrpc: '2.0', method: 'notifications/cancelled' },
  ]);
  expect(received).toMatchObject([
    { id: 1, result: {} },
    {
      id: 2,
      result: { isError: true, content: [{ text: expect.stringContaining(objection) }] },
    },
    { id: 3, error: { data: { code: 'pin_mismatch' } } },
  ]);
});
