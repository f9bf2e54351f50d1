import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { formatAddress, formatNpub, generateSecretKey, getPublicKey, parseAddress } from '@mcp-nostr/core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { keepServedAddress } from '../../packages/cli/src/access/served-relays.ts';
import { cliWords, root } from '../helpers/cli.ts';
import { runMain, temporaryHome } from '../helpers/cli-in-process.ts';

const [alice = '', bob = '', carol = ''] = [1, 2, 3].map(() => formatNpub(getPublicKey(generateSecretKey())));

async function mcpNostr(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const { exitCode, stdout, stderr } = await runMain(args);
  if (exitCode !== 0) throw new Error(`exit code ${exitCode}: ${stderr}`);
  return { stdout, stderr };
}

type Entry = Record<string, unknown>;

interface Access {
  server: string;
  file: string;
  allowed: Entry[];
  denied: Entry[];
  invites: Entry[];
}

async function access(...args: string[]): Promise<Access> {
  const { stdout } = await mcpNostr('access', '--json', ...args);
  return JSON.parse(stdout) as Access;
}

describe('allow and deny', () => {
  it('keep what a key may do, as it was said last', async () => {
    temporaryHome();
    const rules = ['--tools', 'get_*', '--tools', 'echo', '--no-prompts', '--scope', 'read'];
    const bounds = ['--calls-per-minute', '60', '--calls-at-once', '4', '--bytes-per-minute', '5MB'];
    const { stderr } = await mcpNostr(
      'allow',
      alice,
      ...rules,
      ...bounds,
      '--name',
      'alice',
      '--expires',
      '7d',
    );
    expect(stderr).toContain(
      `${alice}  alice  tools get_*, echo; no prompts; scopes read; 60 calls a minute; 4 at once; 5.0 MB a minute; until `,
    );
    const [entry] = (await access()).allowed;
    expect(entry).toMatchObject({
      npub: alice,
      name: 'alice',
      tools: ['get_*', 'echo'],
      prompts: [],
      scopes: ['read'],
      callsPerMinute: 60,
      callsAtOnce: 4,
      bytesPerMinute: 5_000_000,
    });
    expect(entry).not.toHaveProperty('resources');
    const days = (Date.parse(String(entry?.['expiresAt'])) - Date.now()) / 86_400_000;
    expect(days).toBeCloseTo(7, 1);
    await mcpNostr('allow', alice);
    expect((await access()).allowed).toEqual([{ npub: alice, name: 'alice', addedAt: expect.any(String) }]);
  });

  it('find a key by the name that it was given, if there is one of that name', async () => {
    temporaryHome();
    await mcpNostr('allow', alice, '--name', 'friend');
    await mcpNostr('allow', bob, '--name', 'friend');
    await mcpNostr('allow', carol, '--name', 'carol');
    await expect(mcpNostr('deny', 'friend')).rejects.toThrow('2 keys are called friend');
    await mcpNostr('deny', 'carol', alice);
    const { allowed, denied } = await access();
    expect(allowed).toMatchObject([{ npub: bob }]);
    expect(new Set(denied.map(({ npub }) => npub))).toEqual(new Set([alice, carol]));
    const { stdout } = await mcpNostr('access');
    expect(stdout).toContain(`✓ ${bob}  friend  everything · since `);
    expect(stdout).toContain(`✗ ${carol}  carol  denied since `);
  });

  it('take a name of a domain for the key that it has now', async () => {
    temporaryHome();
    const { pubkey } = parseAddress(alice);
    const asked: string[] = [];
    vi.stubGlobal('fetch', async (url: string) => {
      asked.push(url);
      return new Response(JSON.stringify({ names: { alice: pubkey } }));
    });
    onTestFinished(() => void vi.unstubAllGlobals());
    await mcpNostr('allow', 'alice@example.com');
    expect((await access()).allowed).toMatchObject([{ npub: alice, name: 'alice@example.com' }]);
    // It is known by now, whatever the domain says.
    await mcpNostr('deny', 'alice@example.com');
    expect((await access()).denied).toMatchObject([{ npub: alice }]);
    expect(asked).toEqual(['https://example.com/.well-known/nostr.json?name=alice']);
    await expect(mcpNostr('allow', 'eve@example.com')).rejects.toThrow('names no key for eve@example.com');
  });

  it('are about one server: its own, that of a key, or one of a file', async () => {
    const home = temporaryHome();
    await mcpNostr('allow', alice);
    await mcpNostr('allow', bob, '--key', join(home, 'other.key'));
    expect((await access()).allowed).toMatchObject([{ npub: alice }]);
    expect((await access('--key', join(home, 'other.key'))).allowed).toMatchObject([{ npub: bob }]);
    await expect(mcpNostr('allow', carol, '--server', 'files')).rejects.toThrow('no server "files" was ever');
  });

  it('keep the name of a key, whatever is said of it next', async () => {
    temporaryHome();
    await mcpNostr('allow', alice, '--name', 'alice');
    await mcpNostr('deny', alice);
    await mcpNostr('deny', alice);
    expect((await access()).denied).toMatchObject([{ npub: alice, name: 'alice' }]);
    await mcpNostr('allow', alice);
    expect((await access()).allowed).toMatchObject([{ npub: alice, name: 'alice' }]);
  });

  it('deny nobody at a server that there is not', async () => {
    const home = temporaryHome();
    await expect(mcpNostr('deny', alice)).rejects.toThrow(
      /exit code 2: .*no key of a server at .*server\.key/,
    );
    await expect(mcpNostr('deny', alice, '--key', join(home, 'misspelt.key'))).rejects.toThrow(
      'misspelt.key',
    );
    expect(readdirSync(home)).toEqual([]);
  });

  it('say what is wrong with a rule', async () => {
    temporaryHome();
    await expect(mcpNostr('allow', alice, '--scope', 'a b')).rejects.toThrow(
      /exit code 2: .*"a b".* no scope/,
    );
  });

  it('leave all as it is when the disk is full, and say so', async () => {
    temporaryHome();
    await mcpNostr('allow', alice);
    const { file } = await access();
    const before = readFileSync(file, 'utf8');
    // The shell's way to have no room for a single byte more.
    const full = spawnSync('sh', ['-c', 'ulimit -f 0; exec "$0" "$@"', ...cliWords, 'deny', alice], {
      encoding: 'utf8',
      cwd: root,
    });
    expect([full.status, full.stderr]).toEqual([
      2,
      expect.stringMatching(/^error: .*json cannot be written: EFBIG\n {2}is the disk full/),
    ]);
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(readdirSync(dirname(file))).toEqual([basename(file)]);
  });

  it('change nothing in a file that cannot be read', async () => {
    temporaryHome();
    await mcpNostr('allow', alice);
    const { file } = await access();
    writeFileSync(file, '{"version":9}');
    await expect(mcpNostr('allow', bob)).rejects.toThrow(/exit code 2: .*it is of version 9/);
    expect(readFileSync(file, 'utf8')).toBe('{"version":9}');
  });
});

describe('invite', () => {
  it('prints a link on stdout and nothing else there, and its code nowhere else', async () => {
    temporaryHome();
    const { stdout, stderr } = await mcpNostr(
      'invite',
      '--relay',
      'wss://a.example',
      '--tools',
      'echo',
      '--uses',
      '3',
    );
    const [, address = '', code = ''] = /^(nprofile1\w+)\?invite=([a-z2-7]{26})\n$/.exec(stdout) ?? [];
    expect(parseAddress(address).relays).toEqual(['wss://a.example']);
    expect(stderr).toMatch(/invite \w{6}: 3 keys, until .*; tools echo/);
    expect(stderr).not.toContain(code);
    const { invites, file } = await access();
    expect(invites).toEqual([
      { id: expect.any(String), tools: ['echo'], uses: 3, redeemedBy: [], expiresAt: expect.any(String) },
    ]);
    expect(readFileSync(file, 'utf8')).not.toContain(code);
    expect((await mcpNostr('access')).stdout).toMatch(
      /\? invite \w{6} {2}tools echo · 3 of 3 uses left · until /,
    );
    await expect(mcpNostr('invite', '--expires', '5y')).rejects.toThrow('a number with its unit is needed');
    await expect(mcpNostr('invite', '--expires', '99w')).rejects.toThrow('how long an invite is open');
  });

  it('takes relays from the command line, else from where the server was last, else from the environment', async () => {
    const home = temporaryHome();
    const relaysOf = async (...args: string[]): Promise<string[]> => {
      const { stdout } = await mcpNostr('invite', '--json', ...args);
      return parseAddress((JSON.parse(stdout) as { address: string }).address).relays;
    };
    vi.stubEnv('MCP_NOSTR_RELAYS', 'wss://environment.example');
    expect(await relaysOf()).toEqual(['wss://environment.example']);
    const { pubkey } = parseAddress((await access()).server);
    await keepServedAddress(pubkey, formatAddress({ pubkey, relays: ['wss://last.example'] }));
    expect(await relaysOf()).toEqual(['wss://last.example']);
    expect(await relaysOf('--relay', 'wss://said.example')).toEqual(['wss://said.example']);
    writeFileSync(join(home, 'served', `${pubkey}.address`), 'nonsense');
    expect(await relaysOf()).toEqual(['wss://environment.example']);
  });
});
