import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { startRelay } from '@mcp-nostr/relay';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { runMain, temporaryHome } from '../helpers/cli-in-process.ts';
import { CliRun } from '../helpers/cli.ts';

// NIP-19, section "Examples".
const nsec = 'nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5';
const hex = '67dea2ed018072d675f5415ecfaed7d2597555e202d85b3d65ea4e58d2d92ffa';
const npub = 'npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg';
/** The same key under a password; `LOG_N` of 4, so that it takes no time. */
const encrypted = {
  ncryptsec:
    'ncryptsec1qgzxvjhqwpjgwgnk44d5k2edzsm86rsqlzzg6aa60wgnwntn5aelg8209m6rs6cwes3syel0jdrkunqkn8ygk50esc62u0zsdsgs79jugun7eq0qx7fdwyad6wtvw47s69hcsc6c7re3xt7pqsv0v5k3',
  password: 'nostr',
};

async function key(...args: string[]): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  return runMain(['key', ...args]);
}

/** The one document that a command prints, without the secret in it or in what it says beside. */
async function keyJson(...args: string[]): Promise<Record<string, unknown>> {
  const { exitCode, stdout, stderr } = await key(...args, '--json');
  expect([exitCode, stderr.replace(/^the keychain cannot be used: .*\n/, '')]).toEqual([0, '']);
  return JSON.parse(stdout) as Record<string, unknown>;
}

function homeWith(files: Record<string, string> = {}): string {
  const home = temporaryHome();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(home, name), text, { mode: 0o600 });
  return home;
}

describe.runIf(process.platform === 'linux')('serve with a key in its environment', () => {
  it('leaves no key to the program that it starts, and none to a core dump of either', async () => {
    const home = homeWith();
    const relay = await startRelay({ port: 0 });
    onTestFinished(() => relay.close());
    const seen = join(home, 'seen');
    const copy = `const fs = require('node:fs');
      for (const name of ['environ', 'coredump_filter', 'cmdline'])
        fs.writeFileSync('${seen}.' + name, fs.readFileSync('/proc/self/' + name));`;
    const words = ['serve', '--public', '--json', '--relay', relay.url, '--', process.execPath, '-e', copy];
    const run = new CliRun(words, { MCP_NOSTR_HOME: home, NOSTR_SECRET_KEY: nsec });
    onTestFinished(async () => void (await run.stop()));
    const ready = await run.event('ready');
    expect(ready['npub']).toBe(npub);
    // It starts the program, which ends at once.
    await runMain(['call', String(ready['address'])]);
    const [environ = '', filter = '', cmdline = ''] = ['environ', 'coredump_filter', 'cmdline'].map((name) =>
      readFileSync(`${seen}.${name}`, 'utf8'),
    );
    expect(environ).toContain('MCP_NOSTR_CALLER=');
    expect(environ).not.toContain('NOSTR_SECRET_KEY');
    for (const secret of [nsec, hex])
      expect(environ + cmdline + run.stdout + run.stderr).not.toContain(secret);
    // core(5): none of the kinds of memory.
    expect(filter.trim()).toBe('00000000');
    expect(readFileSync(`/proc/${run.child.pid}/coredump_filter`, 'utf8').trim()).toBe('00000000');
    // A key that is given is not kept; this one is the caller's.
    expect(readdirSync(join(home, 'keys'))).toEqual(['client.key']);
  });
});

describe('mcp-nostr key', () => {
  it('makes a key, lists it, shows it, uses it and removes it', async () => {
    const home = homeWith();
    const book = { weather: { pubkey: 'ab'.repeat(32), relays: [], key: 'work', seenAt: 1 } };
    writeFileSync(join(home, 'servers.json'), JSON.stringify({ version: 1, servers: book }));
    const made = await keyJson('new', 'work', '--store', 'file');
    const path = join(home, 'keys', 'work.key');
    expect(made).toMatchObject({ name: 'work', npub: expect.stringMatching(/^npub1/), store: 'file', path });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const listed = {
      name: 'work',
      npub: made['npub'],
      store: 'file',
      path,
      usedFor: [],
      pairedWith: ['weather'],
    };
    expect(await keyJson('list')).toEqual({ keys: [listed] });
    expect(await keyJson('use', 'work')).toMatchObject({ name: 'work', for: 'client' });
    expect(await keyJson('show')).toMatchObject({ name: 'work', npub: made['npub'], usedFor: ['client'] });
    const secret = readFileSync(path, 'utf8').trim();
    const said = [await key('list'), await key('show'), await key('show', 'work', '--json')];
    expect(said.map(({ stdout, stderr }) => stdout + stderr).join('')).not.toContain(secret);
    const refused = await key('rm', 'work');
    expect([refused.exitCode, refused.stderr]).toEqual([
      2,
      expect.stringContaining('this is the last copy of npub1'),
    ]);
    expect(existsSync(path)).toBe(true);
    const removed = await key('rm', 'work', '--yes');
    expect([removed.exitCode, removed.stderr]).toEqual([
      0,
      expect.stringContaining('client has no key now; choose another'),
    ]);
    expect(readdirSync(join(home, 'keys'))).toEqual(['client.use']);
  });

  it('replaces no key, whatever store it is in', async () => {
    const home = homeWith({ given: nsec });
    mkdirSync(join(home, 'keys'), { mode: 0o700 });
    writeFileSync(join(home, 'keys', 'work.ncryptsec'), `# ${npub}\n${encrypted.ncryptsec}\n`, {
      mode: 0o600,
    });
    for (const args of [
      ['new', 'work'],
      ['new', 'work', '--store', 'file'],
      ['import', 'work', '--file', join(home, 'given')],
    ]) {
      const { exitCode, stderr } = await key(...args);
      expect([exitCode, stderr]).toEqual([2, expect.stringContaining('there is a key called work already')]);
    }
    expect(readdirSync(join(home, 'keys'))).toEqual(['work.ncryptsec']);
  });

  it.each([
    ['nsec', nsec],
    ['hex', hex],
    ['a key file', `# mine\n${hex}\n`],
  ])('brings in %s', async (_what, text) => {
    const home = homeWith({ given: text });
    expect(await keyJson('import', 'old', '--file', join(home, 'given'), '--store', 'file')).toMatchObject({
      npub,
    });
    const { stdout } = await key('export', 'old', '--unencrypted', '--yes');
    expect(stdout).toBe(`${nsec}\n`);
  });

  it('brings in what is piped to it, and says nothing of it when it is no key', async () => {
    const home = homeWith();
    const run = new CliRun(['key', 'import', '--store', 'file', '--json'], { MCP_NOSTR_HOME: home });
    run.child.stdin.end(`${nsec}\n`);
    expect(JSON.parse((await run.ended).stdout)).toMatchObject({ name: 'client', npub });
    writeFileSync(join(home, 'letter'), 'dear reader');
    const { exitCode, stderr } = await key('import', 'other', '--file', join(home, 'letter'));
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('holds no key')]);
    expect(stderr).not.toContain('dear');
  });

  it('keeps an ncryptsec under its own password, and moves it out of it', async () => {
    const home = homeWith({ password: `${encrypted.password}\n`, given: encrypted.ncryptsec });
    vi.stubEnv('MCP_NOSTR_PASSWORD_FILE', join(home, 'password'));
    const kept = await keyJson('import', 'old', '--file', join(home, 'given'));
    expect(kept).toMatchObject({ store: 'encrypted', path: join(home, 'keys', 'old.ncryptsec') });
    vi.stubEnv('MCP_NOSTR_PASSWORD_FILE', undefined);
    // Nobody has to give the password to see whose it is, nor to take it along.
    expect(await keyJson('show', 'old')).toMatchObject({ npub: kept['npub'] });
    expect((await key('export', 'old')).stdout).toBe(`${encrypted.ncryptsec}\n`);
    const locked = await key('move', 'old', '--store', 'file');
    expect([locked.exitCode, locked.stderr]).toEqual([
      2,
      expect.stringContaining('there is no terminal to ask for its password'),
    ]);
    writeFileSync(join(home, 'password'), 'wrong');
    vi.stubEnv('MCP_NOSTR_PASSWORD_FILE', join(home, 'password'));
    expect((await key('move', 'old', '--store', 'file')).stderr).toContain('is wrong');
    writeFileSync(join(home, 'password'), encrypted.password);
    expect(await keyJson('move', 'old', '--store', 'file')).toMatchObject({
      npub: kept['npub'],
      store: 'file',
    });
    expect(readdirSync(join(home, 'keys'))).toEqual(['old.key']);
    expect(readFileSync(join(home, 'keys', 'old.key'), 'utf8')).toBe(`${hex}\n`);
  });

  it.runIf(process.platform === 'linux')(
    'falls back from a keychain that is not there, and says so',
    async () => {
      homeWith();
      vi.stubEnv('DBUS_SESSION_BUS_ADDRESS', 'unix:path=/nowhere');
      const { exitCode, stderr, stdout } = await key('new', 'work');
      expect([exitCode, stderr]).toEqual([0, expect.stringMatching(/^the keychain cannot be used: .*\n$/)]);
      expect(stdout).toContain('file of mode 600');
      const asked = await key('new', 'other', '--store', 'keychain');
      expect([asked.exitCode, asked.stderr]).toEqual([
        2,
        expect.stringContaining('the keychain cannot be used'),
      ]);
    },
  );

  it.runIf(process.platform === 'linux')(
    'never makes another key for one whose keychain is not there',
    async () => {
      const home = homeWith();
      vi.stubEnv('DBUS_SESSION_BUS_ADDRESS', 'unix:path=/nowhere');
      mkdirSync(join(home, 'keys'), { mode: 0o700 });
      writeFileSync(join(home, 'keys', 'client.keychain'), `keychain ${npub}\n`, { mode: 0o600 });
      expect(await keyJson('list')).toMatchObject({ keys: [{ name: 'client', npub, store: 'keychain' }] });
      const { exitCode, stderr } = await runMain(['call', npub]);
      expect([exitCode, stderr]).toEqual([2, expect.stringContaining('the keychain cannot be used')]);
      const removal = await key('rm', 'client', '--yes');
      expect([removal.exitCode, removal.stderr]).toEqual([2, expect.stringContaining('nothing was removed')]);
      expect(readdirSync(join(home, 'keys'))).toEqual(['client.keychain']);
    },
  );
});
