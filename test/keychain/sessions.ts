import assert from 'node:assert/strict';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startRelay } from '@mcp-nostr/relay';

import { CliRun, cliWords, type Ended, root } from '../helpers/cli.ts';
import { type Desktop, openDesktop } from './desktop.ts';

const home = mkdtempSync(join(tmpdir(), 'mcp-nostr-keychain-'));
mkdirSync(join(home, 'data'));
process.on('exit', () => rmSync(home, { recursive: true, force: true }));
const ours = join(home, 'ours');
const keys = join(ours, 'keys');

/** One command line in a session, or outside of any. */
async function cli(desktop: Pick<Desktop, 'env'>, ...args: string[]): Promise<Ended> {
  return new CliRun(args, { ...desktop.env, MCP_NOSTR_HOME: ours }).ended;
}

async function cliJson(desktop: Desktop, ...args: string[]): Promise<Record<string, unknown>> {
  const { exitCode, stdout, stderr } = await cli(desktop, ...args, '--json');
  assert.equal(exitCode, 0, stderr);
  return JSON.parse(stdout) as Record<string, unknown>;
}

function said(what: string): void {
  process.stdout.write(`ok      ${what}\n`);
}

const first = await openDesktop(home, 'unlocked');
const made = await cliJson(first, 'key', 'new', 'work');
assert.equal(made['store'], 'keychain');
const npub = String(made['npub']);
assert.deepEqual(readdirSync(keys), ['work.keychain']);
const nsec = (await cli(first, 'key', 'export', 'work', '--unencrypted', '--yes')).stdout.trim();
assert.match(nsec, /^nsec1/);
for (const file of readdirSync(home, { recursive: true, withFileTypes: true })) {
  if (!file.isFile()) continue;
  const text = readFileSync(join(file.parentPath, file.name), 'latin1');
  assert.ok(!text.includes(nsec), `${file.name} has the secret in it`);
}
said('a new key is in the keychain of an unlocked session by itself, and no file has it');

const relay = await startRelay({ port: 0 });
const words = [
  'serve',
  '--public',
  '--key',
  'work',
  '--relay',
  relay.url,
  '--json',
  '--',
  process.execPath,
  '-e',
  'setInterval(() => {}, 1e3)',
];
const server = new CliRun(words, { ...first.env, MCP_NOSTR_HOME: ours });
assert.equal((await server.event('ready'))['npub'], npub);
await server.stop();
await relay.close();
said('serve has the address of a key in the keychain');

writeFileSync(join(home, 'copy'), nsec, { mode: 0o600 });
assert.equal(
  (await cliJson(first, 'key', 'import', 'other', '--file', join(home, 'copy')))['store'],
  'keychain',
);
await cliJson(first, 'key', 'rm', 'other', '--yes');
assert.equal((await cliJson(first, 'key', 'show', 'work'))['npub'], npub);
assert.equal((await cli(first, 'key', 'export', 'work', '--unencrypted', '--yes')).stdout.trim(), nsec);
said('a name that is removed leaves the secret to another name of the same key');
await first.close();

const later = await openDesktop(home, 'unlocked');
assert.equal((await cli(later, 'key', 'export', 'work', '--unencrypted', '--yes')).stdout.trim(), nsec);
await later.close();
said('it is there in the next session');

await inCopy();
said('a program that npx runs gives the copies that hosts start what they need for it');

const locked = await openDesktop(home, 'locked');
await refused(locked, 'a locked keychain is an error, and no reason for another key');
await locked.close();
const { DBUS_SESSION_BUS_ADDRESS: _, ...without } = locked.env;
await refused({ env: without }, 'so is a start without a session, as of systemd or cron');

const last = await openDesktop(home, 'unlocked');
await cliJson(last, 'key', 'move', 'work', '--store', 'file');
assert.deepEqual(readdirSync(keys), ['work.key']);
await cliJson(last, 'key', 'move', 'work', '--store', 'keychain');
await cliJson(last, 'key', 'rm', 'work', '--yes');
assert.deepEqual(readdirSync(keys), []);
writeFileSync(join(keys, 'work.keychain'), `keychain ${npub}\n`, { mode: 0o600 });
const gone = await cli(last, 'key', 'export', 'work', '--unencrypted', '--yes');
assert.match(gone.stderr, /is not in the keychain/);
await cliJson(last, 'key', 'rm', 'work', '--yes');
const { stdout } = await cli(last, 'key', 'list', '--json');
assert.deepEqual(JSON.parse(stdout), { keys: [] });
await last.close();
said('it moves out of it and into it again, and goes for good');

/** npx runs the program from its cache, and `install` copies it away from what lies beside it there. */
async function inCopy(): Promise<void> {
  const desktop = await openDesktop(home, 'unlocked');
  const cache = join(home, '_npx', '0a1b', 'node_modules');
  const cached = join(cache, 'mcp-nostr', 'dist', 'mcp-nostr.js');
  const built = String(cliWords[1]);
  mkdirSync(join(cached, '..'), { recursive: true });
  copyFileSync(built, cached);
  const store = join(root, 'packages/cli/node_modules/@napi-rs/keyring');
  const parts = join(realpathSync(store), '..');
  cpSync(parts, join(cache, '@napi-rs'), { recursive: true, dereference: true });
  const env = { ...desktop.env, MCP_NOSTR_HOME: ours };
  const run = (program: string, ...args: string[]): Promise<Ended> =>
    new CliRun(args, env, { words: [process.execPath, program] }).ended;
  const stored = await run(cached, 'key', 'new', 'cached', '--store', 'keychain');
  assert.equal(stored.exitCode, 0, stored.stderr);
  const copy = join(ours, 'programs', 'hosts', 'mcp-nostr-0.0.0.mjs');
  mkdirSync(join(copy, '..'), { recursive: true });
  copyFileSync(built, copy);
  rmSync(join(home, '_npx'), { recursive: true });
  const shown = await run(copy, 'key', 'export', 'cached', '--unencrypted', '--yes');
  assert.match(shown.stdout, /^nsec1/, shown.stderr);
  assert.equal((await run(copy, 'key', 'rm', 'cached', '--yes')).exitCode, 0);
  await desktop.close();
}

async function refused(desktop: Pick<Desktop, 'env'>, what: string): Promise<void> {
  const { exitCode, stderr } = await cli(
    desktop,
    'call',
    npub,
    '--key',
    'work',
    '--relay',
    'ws://127.0.0.1:9',
  );
  assert.equal(exitCode, 2, stderr);
  assert.match(stderr, /the keychain cannot be used/);
  assert.deepEqual(readdirSync(keys), ['work.keychain']);
  said(`${what}: ${stderr.split('\n')[0]}`);
}
