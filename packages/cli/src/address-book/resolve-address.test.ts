import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { formatAddress, formatNpub, generateSecretKey, getPublicKey } from '@mcp-nostr/core';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import { main } from '../program.ts';
import { setFollowed } from '../successors/successor-file.ts';
import { Domain, trustDomains } from './domain.test.support.ts';
import { resolveAddress, type ResolvedServer, verify } from './resolve-address.ts';

const [one = '', two = ''] = [1, 2].map(() => getPublicKey(generateSecretKey()));
const relays = ['wss://one.example'];
const nprofile = formatAddress({ pubkey: one, relays });
let bookFile: string;

beforeEach(() => {
  const home = mkdtempSync(join(tmpdir(), 'mcp-nostr-names-'));
  vi.stubEnv('MCP_NOSTR_HOME', home);
  bookFile = join(home, 'servers.json');
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true });
  });
});

interface Ended {
  exitCode: number;
  stdout: string;
  stderr: string;
}

async function run(...args: string[]): Promise<Ended> {
  const texts = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      texts[name] += String(text);
      return true;
    }),
  );
  try {
    return { exitCode: await main(args), ...texts };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** With what a person is told. */
async function resolveQuietly(text: string): Promise<{ server: ResolvedServer; notices: string[] }> {
  const notices: string[] = [];
  const server = await resolveAddress(text, { onnotice: (line) => notices.push(line) });
  return { server, notices };
}

async function openWeather(): Promise<{ domain: Domain; name: string }> {
  trustDomains();
  const domain = await Domain.open();
  domain.document = { names: { weather: one }, relays: { [one]: relays } };
  return { domain, name: `weather@${domain.host}` };
}

describe('an address', () => {
  it.each([nprofile, `nostr:${nprofile}`, `https://inspect.example/#${nprofile}`])('%s', async (text) => {
    expect(await resolveAddress(text)).toMatchObject({ pubkey: one, relays });
  });

  it.each([one, `0x${one}`, formatNpub(one)])('%s', async (text) => {
    expect(await resolveAddress(text)).toMatchObject({ pubkey: one, relays: [] });
  });

  it('with an invite is refused without the invite', async () => {
    const link = `${nprofile}?invite=7kd3qm2p0vx4s8jzt6wnyc5fhl`;
    for (const command of ['call', 'connect', 'doctor']) {
      const ended = await run(command, link);
      expect(ended).toMatchObject({ exitCode: 2, stdout: '' });
      expect(ended.stderr).toContain('mcp-nostr pair');
      expect(ended.stderr).not.toContain('7kd3qm2p0vx4s8jzt6wnyc5fhl');
    }
  });

  it.each([
    ['alias', 'add', 'weather', `${nprofile}?Invite=tttt3qm2p0vx4s8jzt6wnyc5fhl`],
    [`${nprofile}?invite=tttt3qm2p0vx4s8jzt6wnyc5fhl`],
    ['call', `weather@example.com?x&invite=tttt3qm2p0vx4s8jzt6wnyc5fhl`],
  ])('with an invite is repeated in no error: %s %s', async (...words) => {
    const ended = await run(...words);
    expect(ended.exitCode).toBe(2);
    expect(ended.stderr).not.toContain('tttt3qm2p0vx4s8jzt6wnyc5fhl');
  });

  it('that is a secret key is refused', async () => {
    await expect(resolveAddress(`nsec1${'q'.repeat(58)}`)).rejects.toMatchObject({
      code: 'secret_key_given',
    });
  });
});

describe('a name', () => {
  it('is given to a server, is listed, stands for its address, and is taken away', async () => {
    expect(await run('alias', 'add', 'weather', nprofile)).toMatchObject({
      exitCode: 0,
      stderr: `weather is ${formatNpub(one)}\n`,
    });
    expect(statSync(bookFile).mode & 0o777).toBe(0o600);
    expect(await resolveAddress('weather')).toMatchObject({
      name: 'weather',
      address: nprofile,
      pubkey: one,
    });
    expect((await run('alias')).stdout).toContain(`weather  ${formatNpub(one)}`);
    expect(JSON.parse((await run('alias', 'list', '--json')).stdout)).toMatchObject({
      servers: [{ name: 'weather', npub: formatNpub(one), address: nprofile }],
    });
    expect(await run('alias', 'rm', 'weather')).toMatchObject({ exitCode: 0 });
    await expect(resolveAddress('weather')).rejects.toMatchObject({ code: 'bad_address' });
    expect(await run('alias', 'rm', 'weather')).toMatchObject({ exitCode: 2 });
  });

  it('stays with its server until it is taken away', async () => {
    await run('alias', 'add', 'weather', nprofile);
    const ended = await run('alias', 'add', 'weather', formatNpub(two));
    expect(ended).toMatchObject({ exitCode: 2 });
    expect(ended.stderr).toContain(`weather is ${formatNpub(one)} already`);
    expect(await resolveAddress('weather')).toMatchObject({ pubkey: one });
    expect(await run('alias', 'accept', 'weather')).toMatchObject({ exitCode: 2 });
  });

  it.each(['npub1abc', 'Weather', 'we_ather', 'a@b', 'a.b', '1a', 'cursor', 'a'.repeat(25)])(
    'cannot be %s',
    async (name) => {
      expect(await run('alias', 'add', name, nprofile)).toMatchObject({ exitCode: 2 });
    },
  );

  it('is not looked for in a book that cannot be read, and the book stays as it is', async () => {
    writeFileSync(bookFile, '{"version":1,"servers":{"weather":{"pubkey":"?"}}}');
    const ended = await run('alias', 'add', 'other', nprofile, '--json');
    expect(ended).toMatchObject({ exitCode: 2 });
    expect(JSON.parse(ended.stderr)).toMatchObject({
      error: { code: 'config_file', message: expect.stringContaining('servers.json cannot be read: what') },
    });
    expect(readFileSync(bookFile, 'utf8')).toContain('"?"');
  });
});

describe('name@domain', () => {
  it('leads where its domain says, and is verified each time', async () => {
    const { domain, name } = await openWeather();
    const server = { pubkey: one, relays, nip05: name, isVerified: true };
    expect(await resolveAddress(name)).toMatchObject(server);
    domain.document = { names: { weather: one }, relays: { [one]: ['wss://two.example'] } };
    expect(await resolveAddress(name)).toMatchObject({ ...server, relays: ['wss://two.example'] });
    expect(domain.asked.length).toBe(2);
    // What the domain said last is kept, too.
    await domain.close();
    expect((await resolveQuietly(name)).server).toMatchObject({ pubkey: one, relays: ['wss://two.example'] });
  });

  it('leads to no other key than it led to first, until that is accepted', async () => {
    const { domain, name } = await openWeather();
    await run('alias', 'add', 'weather', name);
    domain.document = { names: { weather: two } };
    for (const text of [name, 'weather']) {
      const ended = await run('call', text);
      expect(ended).toMatchObject({ exitCode: 7, stdout: '' });
      expect(ended.stderr).toContain(formatNpub(one));
      expect(ended.stderr).toContain(formatNpub(two));
    }
    const { stderr } = await run('call', 'weather');
    const [, command = ''] = /to follow it: mcp-nostr (.*)/.exec(stderr) ?? [];
    expect(command).toBe(`alias accept weather ${formatNpub(two)}`);

    // The domain has changed its mind between the look and the word.
    domain.document = { names: { weather: getPublicKey(generateSecretKey()) } };
    expect(await run(...command.split(' '))).toMatchObject({ exitCode: 7 });
    expect(await run('call', 'weather')).toMatchObject({ exitCode: 7 });

    domain.document = { names: { weather: two } };
    expect(await run(...command.split(' '))).toMatchObject({ exitCode: 0 });
    expect(await resolveAddress('weather')).toMatchObject({ pubkey: two, isVerified: true });
    expect(await resolveAddress(name)).toMatchObject({ pubkey: two, isVerified: true });
  });

  it('leads to the key that it had while its domain cannot be asked, or does not know it any more', async () => {
    const { domain, name } = await openWeather();
    await resolveAddress(name);
    domain.document = { names: {} };
    const unknown = await resolveQuietly(name);
    expect(unknown.server).toMatchObject({ pubkey: one, relays });
    expect(unknown.server.isVerified).toBeUndefined();
    expect(unknown.notices).toEqual([
      expect.stringMatching(/names no key for .*; the key that it had before/),
    ]);
    await domain.close();
    const away = await resolveQuietly(name);
    expect(away.server).toMatchObject({ pubkey: one, relays });
    expect(away.notices).toEqual([
      expect.stringMatching(/could not be asked .*; the key that it had before/),
    ]);
  });

  it('of a known name is not asked for by who cannot wait, and is verified afterwards', async () => {
    const { domain, name } = await openWeather();
    const first = await resolveAddress(name, { verify: 'later' });
    expect(first.isVerified).toBe(true);
    const known = await resolveAddress(name, { verify: 'later' });
    expect(known).toMatchObject({ pubkey: one });
    expect(domain.asked.length).toBe(1);
    expect(await verify(known)).toMatchObject({ isVerified: true });
    domain.document = { names: { weather: two } };
    await expect(verify(known)).rejects.toMatchObject({ code: 'pin_mismatch', exitCode: 7 });
  });

  it('leads to one key where two ask at once and are told two keys', async () => {
    const { domain, name } = await openWeather();
    const keys = [one, two];
    domain.listener = (_request, response) =>
      response.end(JSON.stringify({ names: { weather: keys.pop() } }));
    const ends = await Promise.allSettled([resolveAddress(name), resolveAddress(name)]);
    const refused = ends.filter((end) => end.status === 'rejected');
    expect(refused).toMatchObject([{ reason: { code: 'pin_mismatch' } }]);
  });

  it('leads to the key that a person has followed its server to, whichever of the two its domain names', async () => {
    const { domain, name } = await openWeather();
    await resolveAddress(name);
    await setFollowed(one, { pubkey: two, relays: ['wss://two.example'], announcedAt: 1 });
    const former = await resolveQuietly(name);
    expect(former).toMatchObject({ server: { pubkey: two, relays: ['wss://two.example'] }, notices: [] });
    expect(former.server.isVerified).not.toBe(true);
    domain.document = { names: { weather: two } };
    expect(await resolveAddress(name)).toMatchObject({ pubkey: two, isVerified: true });
    domain.document = { names: { weather: getPublicKey(generateSecretKey()) } };
    await expect(resolveAddress(name)).rejects.toMatchObject({ code: 'pin_mismatch' });
  });

  it('is nobody where its domain was never reached', async () => {
    const { domain, name } = await openWeather();
    await domain.close();
    expect(await run('call', name)).toMatchObject({ exitCode: 4, stdout: '' });
  });
});
