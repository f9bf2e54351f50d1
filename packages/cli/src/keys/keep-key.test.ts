import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { formatNpub, generateSecretKey, getPublicKey } from '@mcp-nostr/core';
import { encrypt } from 'nostr-tools/nip49';
import { encodeBytes, nsecEncode } from 'nostr-tools/nip19';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { CliError } from '../errors.ts';
import { redact } from '../log/redact.ts';
import { keepKey } from './keep-key.ts';
import type { Keychain } from './keychain/keychain.ts';
import { readSecretKey } from './read-secret-key.ts';

let home: string;
let env: NodeJS.ProcessEnv;
const secretKey = generateSecretKey();
const hex = Buffer.from(secretKey).toString('hex');
const npub = formatNpub(getPublicKey(secretKey));

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'mcp-nostr-keep-'));
  env = { MCP_NOSTR_HOME: home };
});
afterEach(() => rm(home, { recursive: true, force: true }));

class MemoryKeychain implements Keychain {
  readonly secrets = new Map<string, string>();
  async get(account: string): Promise<string | undefined> {
    return this.secrets.get(account);
  }
  async set(account: string, secret: string): Promise<void> {
    this.secrets.set(account, secret);
  }
  async delete(account: string): Promise<boolean> {
    return this.secrets.delete(account);
  }
}

class LockedKeychain extends MemoryKeychain {
  override get(): Promise<never> {
    return Promise.reject(new CliError('keychain', 2, 'the keychain cannot be used: it is locked'));
  }
}

async function read(path: string, keychain: Keychain = new LockedKeychain()): Promise<string> {
  const source = { kind: 'file', path, isMade: false, shown: path } as const;
  return Buffer.from(await readSecretKey(source, { env, keychain })).toString('hex');
}

/** The one file of the keys. */
async function onlyFile(): Promise<string> {
  const [file, ...others] = await readdir(join(home, 'keys'));
  expect(others).toEqual([]);
  return join(home, 'keys', String(file));
}

describe('a key that is kept', () => {
  it('is in the keychain where that works, and nowhere else', async () => {
    const keychain = new MemoryKeychain();
    const kept = await keepKey({ name: 'work', secretKey, env, keychain });
    expect(kept).toEqual({ name: 'work', npub, store: 'keychain', path: await onlyFile() });
    expect([...keychain.secrets]).toEqual([[npub, nsecEncode(secretKey)]]);
    const text = await readFile(kept.path, 'utf8');
    expect(text).toContain(npub);
    expect(text).not.toMatch(new RegExp(`${hex}|nsec`));
    expect(await read(kept.path, keychain)).toBe(hex);
    expect(redact(`key ${hex}`)).toBe('key [redacted]');
  });

  it('is encrypted where there is a password, and says why it is not in the keychain', async () => {
    env['MCP_NOSTR_PASSWORD_FILE'] = join(home, 'password');
    await writeFile(join(home, 'password'), 'pass word\n', { mode: 0o600 });
    const notes: string[] = [];
    const keychain = new LockedKeychain();
    const kept = await keepKey({
      name: 'work',
      secretKey,
      env,
      keychain,
      onnote: (line) => notes.push(line),
    });
    expect(kept).toMatchObject({ store: 'encrypted', path: await onlyFile() });
    expect(notes).toEqual(['the keychain cannot be used: it is locked']);
    const text = await readFile(kept.path, 'utf8');
    expect(text).toMatch(new RegExp(`^# ${npub}\nncryptsec1[02-9ac-hj-np-z]+\n$`));
  });

  it('is in a file of mode 600 where there is neither', async () => {
    const kept = await keepKey({ name: 'work', secretKey, env, keychain: new LockedKeychain() });
    expect(kept).toMatchObject({ store: 'file', path: await onlyFile() });
    expect((await stat(kept.path)).mode & 0o777).toBe(0o600);
  });

  it('is in no other store than the one that is named', async () => {
    const keychain = new LockedKeychain();
    const into = (store: 'keychain' | 'encrypted'): Promise<unknown> =>
      keepKey({ name: 'work', secretKey, store, env, keychain });
    await expect(into('keychain')).rejects.toThrow('it is locked');
    await expect(into('encrypted')).rejects.toThrow('an encrypted key needs a password');
    expect(await readdir(home)).toEqual([]);
  });

  it('leaves nothing in the keychain when its file cannot be written', async () => {
    const keychain = new MemoryKeychain();
    await writeFile(join(home, 'keys'), 'no folder');
    await expect(keepKey({ name: 'work', secretKey, env, keychain })).rejects.toMatchObject({
      code: 'key_file',
    });
    expect(keychain.secrets.size).toBe(0);
  });
});

describe('a key that is not what its file says', () => {
  it.each([
    ['is not in the keychain', undefined, 'is not in the keychain'],
    ['is another one there', nsecEncode(generateSecretKey()), `holds another key than ${npub}`],
    ['is no key there', 'a shopping list', 'is no key'],
  ])('is an error when it %s', async (_what, inside, reason) => {
    const keychain = new MemoryKeychain();
    if (inside !== undefined) await keychain.set(npub, inside);
    const path = join(home, 'work.keychain');
    await writeFile(path, `keychain ${npub}\n`, { mode: 0o600 });
    await expect(read(path, keychain)).rejects.toThrow(reason);
    await expect(read(path, keychain)).rejects.not.toThrow('shopping');
    expect(await readdir(home)).toEqual(['work.keychain']);
  });

  it('is an error when another npub stands beside an ncryptsec', async () => {
    env['MCP_NOSTR_PASSWORD_FILE'] = join(home, 'password');
    await writeFile(join(home, 'password'), 'p', { mode: 0o600 });
    await mkdir(join(home, 'keys'));
    const path = join(home, 'keys', 'work.ncryptsec');
    const other = formatNpub(getPublicKey(generateSecretKey()));
    await writeFile(path, `# ${other}\n${encrypt(secretKey, 'p', 4)}\n`, { mode: 0o600 });
    await expect(read(path)).rejects.toThrow('holds another key than its comment says');
    await writeFile(path, `# mine\n${encrypt(secretKey, 'p', 4)}\n`);
    expect(await read(path)).toBe(hex);
  });

  it('is an error when an ncryptsec is damaged, or would take all memory', async () => {
    env['MCP_NOSTR_PASSWORD_FILE'] = join(home, 'password');
    await writeFile(join(home, 'password'), 'p', { mode: 0o600 });
    const path = join(home, 'work.ncryptsec');
    const whole = encrypt(secretKey, 'p', 4);
    const costly = encodeBytes('ncryptsec', Uint8Array.of(2, 30, ...new Uint8Array(89).fill(1)));
    const typo = whole.replace(/.$/, (last) => (last === 'q' ? 'p' : 'q'));
    for (const text of [whole.slice(0, -1), typo, costly]) {
      await writeFile(path, text, { mode: 0o600 });
      await expect(read(path)).rejects.toThrow('cannot be read');
      await expect(read(path)).rejects.not.toThrow(text.slice(10, 40));
    }
  });
});

// NIP-49, section "Decryption".
it('an ncryptsec is read as the specification has it', async () => {
  env['MCP_NOSTR_PASSWORD_FILE'] = join(home, 'password');
  await writeFile(join(home, 'password'), 'nostr', { mode: 0o600 });
  const path = join(home, 'work.ncryptsec');
  const ncryptsec =
    'ncryptsec1qgg9947rlpvqu76pj5ecreduf9jxhselq2nae2kghhvd5g7dgjtcxfqtd67p9m0w57lspw8gsq6yphnm8623nsl8xn9j4jdzz84zm3frztj3z7s35vpzmqf6ksu8r89qk5z2zxfmu5gv8th8wclt0h4p';
  await writeFile(path, ncryptsec, { mode: 0o600 });
  expect(await read(path)).toBe('3501454135014541350145413501453fefb02227e449e57cf4d3a3ce05378683');
});
