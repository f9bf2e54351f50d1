import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { generateSecretKey, getPublicKey, parseAddress } from '@mcp-nostr/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { CliError } from '../errors.ts';
import { redact } from '../log/redact.ts';
import { openSigner } from './open-signer.ts';
import { whoseKey } from './whose-key.ts';

let home: string;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'mcp-nostr-open-'));
  env = { MCP_NOSTR_HOME: home };
});
afterEach(() => rm(home, { recursive: true, force: true }));

/** A key in a file below the folder of this test. */
async function keyIn(path: string, mode = 0o600): Promise<{ hex: string; pubkey: string; path: string }> {
  const key = generateSecretKey();
  const hex = Buffer.from(key).toString('hex');
  const whole = join(home, path);
  await mkdir(join(whole, '..'), { recursive: true });
  await writeFile(whole, `${hex}\n`);
  await chmod(whole, mode);
  return { hex, pubkey: getPublicKey(key), path: whole };
}

async function opened(given?: string): Promise<string> {
  return (await openSigner({ given, role: 'client', env })).pubkey;
}

describe('the key that a command acts with', () => {
  it('is what each place says, the nearer to the command line the stronger', async () => {
    const [own, chosen, byFile, mounted, named, option] = await Promise.all(
      [
        'keys/client.key',
        'keys/chosen.key',
        'secret',
        'creds/mcp-nostr-key',
        'keys/named.key',
        'keys/option.key',
      ].map((path) => keyIn(path)),
    );
    const bare = generateSecretKey();
    expect(await opened()).toBe(own?.pubkey);
    await writeFile(join(home, 'keys', 'client.use'), 'chosen\n');
    expect(await opened()).toBe(chosen?.pubkey);
    env['NOSTR_SECRET_KEY'] = Buffer.from(bare).toString('hex');
    expect(await opened()).toBe(getPublicKey(bare));
    env['CREDENTIALS_DIRECTORY'] = join(home, 'creds');
    expect(await opened()).toBe(mounted?.pubkey);
    env['NOSTR_SECRET_KEY_FILE'] = byFile?.path;
    expect(await opened()).toBe(byFile?.pubkey);
    env['MCP_NOSTR_SECRET_KEY_FILE'] = own?.path;
    expect(await opened()).toBe(own?.pubkey);
    env['MCP_NOSTR_KEY'] = 'named';
    expect(await opened()).toBe(named?.pubkey);
    expect(await opened('option')).toBe(option?.pubkey);
    expect(await opened(byFile?.path)).toBe(byFile?.pubkey);
  });

  it('is made only where nothing names it, or a path does', async () => {
    const made = await opened();
    expect(await readdir(join(home, 'keys'))).toEqual(['client.key']);
    expect(await opened('client')).toBe(made);
    expect(await opened(join(home, 'new.key'))).toMatch(/^[0-9a-f]{64}$/);
    await expect(opened('other')).rejects.toThrow('there is no key called other (--key)');
    await writeFile(join(home, 'keys', 'client.use'), 'gone\n');
    await expect(opened()).rejects.toThrow('there is no key called gone (chosen with key use --for client)');
    env['NOSTR_SECRET_KEY_FILE'] = join(home, 'missing');
    await expect(opened()).rejects.toThrow('missing, named by NOSTR_SECRET_KEY_FILE');
    env['MCP_NOSTR_KEY'] = 'missing-too';
    await expect(opened()).rejects.toThrow('there is no key called missing-too (MCP_NOSTR_KEY)');
    expect(await readdir(home)).toEqual(expect.not.arrayContaining(['missing']));
    expect(await readdir(join(home, 'keys'))).toEqual(['client.key', 'client.use']);
  });

  it('leaves no variable behind that holds it, and no text that repeats it', async () => {
    const hex = Buffer.from(generateSecretKey()).toString('hex');
    Object.assign(env, {
      NOSTR_SECRET_KEY: hex,
      NOSTR_CLIENT_KEY: hex,
      MCP_NOSTR_BUNKER: 'bunker://x?secret=y',
    });
    const first = await opened();
    expect(env).toEqual({ MCP_NOSTR_HOME: home });
    expect(await opened()).toBe(first);
    expect(redact(`the key ${hex} is`)).toBe('the key [redacted] is');
  });

  it('is refused without being repeated when it is no key', async () => {
    env['NOSTR_SECRET_KEY'] = 'correct horse battery staple';
    const error = await opened().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CliError);
    expect(error).toMatchObject({ code: 'key_file', exitCode: 2 });
    expect(String(error)).toContain('NOSTR_SECRET_KEY holds no key');
    expect(JSON.stringify(error) + String(error)).not.toContain('horse');
  });

  it('may have the mode of a mounted secret in the folder of one, and there alone', async () => {
    const mounted = await keyIn('creds/mcp-nostr-key', 0o440);
    const open = await keyIn('elsewhere', 0o440);
    env['CREDENTIALS_DIRECTORY'] = join(home, 'creds');
    expect(await opened()).toBe(mounted.pubkey);
    env['NOSTR_SECRET_KEY_FILE'] = open.path;
    await expect(opened()).rejects.toThrow('(its mode is 440)');
  });

  it('is under no password that others can read, but for one that is mounted', async () => {
    await mkdir(join(home, 'keys'));
    await writeFile(join(home, 'keys', 'client.ncryptsec'), 'ncryptsec1qqq\n', { mode: 0o600 });
    await mkdir(join(home, 'creds'));
    const path = join(home, 'creds', 'password');
    await writeFile(path, 'correct horse\n', { mode: 0o644 });
    env['MCP_NOSTR_PASSWORD_FILE'] = path;
    await expect(opened()).rejects.toThrow('can get at the password file');
    env['CREDENTIALS_DIRECTORY'] = join(home, 'creds');
    await expect(opened()).rejects.toThrow('an ncryptsec that cannot be read');
  });

  it('is not guessed when there are two of a name', async () => {
    await keyIn('keys/work.key');
    await keyIn('keys/work.ncryptsec');
    await expect(opened('work')).rejects.toThrow('there are several keys called work');
  });
});

it('whose key it is needs no password where its file says it', async () => {
  const npub = 'npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg';
  await mkdir(join(home, 'keys'));
  await writeFile(join(home, 'keys', 'server.ncryptsec'), `# ${npub}\nncryptsec1qqq\n`, { mode: 0o600 });
  expect(await whoseKey({ role: 'server', env })).toBe(parseAddress(npub).pubkey);
  expect(await whoseKey({ role: 'client', env })).toBe(await opened());
});
