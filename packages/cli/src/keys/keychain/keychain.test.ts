import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { openKeychain } from './keychain.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mcp-nostr-keychain-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A stand-in for the native module. */
async function moduleOf(name: string, text: string): Promise<string> {
  const path = join(folder, `${name}.cjs`);
  await writeFile(path, text);
  return path;
}

/** Keeps in a file beside it, as long as it is asked for what does not vanish at a restart. */
const working = `
const fs = require('node:fs');
const file = __filename + '.json';
const read = () => fs.existsSync(file) ? JSON.parse(fs.readFileSync(file)) : {};
const write = (all) => fs.writeFileSync(file, JSON.stringify(all));
exports.Entry = class {
  constructor(service, account, options) {
    if (options.linux.store !== 'secret-service') throw new Error('it would be lost at a restart');
    this.key = service + '/' + account;
  }
  getPassword() { return read()[this.key] ?? null; }
  setPassword(secret) { write({ ...read(), [this.key]: secret }); }
  deletePassword() { const all = read(); const had = this.key in all; delete all[this.key]; write(all); return had; }
};`;

it('keeps, gives back and forgets', async () => {
  const keychain = openKeychain({ module: await moduleOf('working', working) });
  await keychain.set('npub1a', 'nsec1secret');
  expect(await keychain.get('npub1a')).toBe('nsec1secret');
  expect(await keychain.get('npub1b')).toBeUndefined();
  expect(await keychain.delete('npub1a')).toBe(true);
  expect(await keychain.delete('npub1a')).toBe(false);
});

it.each([
  ['is not there', undefined, 'Cannot find module'],
  ['has another shape', 'exports.Entry = {};', 'another shape'],
  [
    'fails when it is opened',
    `exports.Entry = class { constructor() { throw new Error('no D-Bus'); } };`,
    'no D-Bus',
  ],
  [
    'is locked',
    `exports.Entry = class { getPassword() { throw new Error('it is locked'); } };`,
    'it is locked',
  ],
  ['crashes', 'process.exit(3);', 'ended with 3'],
])('that %s is an error that says so', async (name, text, reason) => {
  const module =
    text === undefined ? join(folder, 'missing.cjs') : await moduleOf(name.replaceAll(' ', '-'), text);
  await expect(openKeychain({ module }).get('npub1a')).rejects.toMatchObject({
    code: 'keychain',
    exitCode: 2,
    message: expect.stringContaining(reason),
  });
});

it('that blocks its thread for ever is given up', async () => {
  const module = await moduleOf('hanging', 'exports.Entry = class { constructor() { for (;;); } };');
  await expect(openKeychain({ module, timeoutMs: 300 }).get('npub1a')).rejects.toThrow(
    'did not answer within 0.3 s',
  );
});

it('that forgets at once is not believed', async () => {
  const module = await moduleOf(
    'leaky',
    'exports.Entry = class { setPassword() {} getPassword() { return null; } };',
  );
  await expect(openKeychain({ module }).set('npub1a', 'nsec1secret')).rejects.toThrow('it has not kept');
});

it('that quotes a secret in its error is not repeated', async () => {
  const nsec = 'nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5';
  const module = await moduleOf(
    'quoting',
    `exports.Entry = class { setPassword(s) { throw new Error('bad ' + s); } };`,
  );
  const error: unknown = await openKeychain({ module })
    .set('npub1a', nsec)
    .catch((thrown: unknown) => thrown);
  expect(String(error)).toContain('bad nsec1[redacted]');
});
