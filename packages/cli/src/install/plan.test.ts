import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { formatNpub } from '@mcp-nostr/core';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { changeHosts, throwPartial } from './changes.ts';
import { newestBackup, readConfigFile, writeConfigFile } from './config/config-file.ts';
import { type Host, hosts, type Machine } from './hosts.ts';
import { planInstall, planUninstall } from './plan.ts';

const key = 'a'.repeat(64);
const npub = formatNpub(key);
const other = formatNpub('b'.repeat(64));
const now = new Date('2026-11-21T12:00:00Z');

let folder: string;
let machine: Machine;
let stdout: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mcp-nostr-plan-'));
  machine = { platform: 'linux', env: {}, home: folder };
  stdout = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

const host = (id: string): Host => hosts.find((each) => each.id === id) ?? expect.fail(id);
const cursor = host('cursor');
const codex = host('codex');

const wanted = (name = 'srv', more: { isNameGiven?: boolean; address?: string } = {}) => ({
  pubkey: more.address === undefined ? key : 'b'.repeat(64),
  name,
  isNameGiven: more.isNameGiven ?? false,
  entryFor: () => ({ command: '/bin/node', args: ['/mcp-nostr.js', 'connect', more.address ?? npub] }),
});

async function put(of: Host, text: string): Promise<string> {
  const path = of.file(machine);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return path;
}

async function install(of: Host, server = wanted()): Promise<string | undefined> {
  const { file, text } = await planInstall(of, machine, server);
  return writeConfigFile(file, text, now);
}

async function uninstall(of: Host): Promise<void> {
  const change = await planUninstall(of, machine, { pubkey: key });
  if (change !== undefined) await writeConfigFile(change.file, change.text, now);
}

it.each([
  ['cursor', '{"mcpServers":{}}'],
  ['cursor', '{\n  "mcpServers": {\n  }\n}\n'],
  ['cursor', ''],
  ['cursor', '{}\n'],
  ['cursor', '{ "a": 1,\n  "mcpServers" : { "b": {} } // c\n}'],
  ['codex', 'a = 1'],
  ['codex', 'a = 1\n\n\n'],
])('brings back every character when it is taken out again: %s %j', async (id, text) => {
  const path = await put(host(id), text);
  const backup = await install(host(id));
  expect(await readFile(path, 'utf8')).toContain(npub);
  expect(await readFile(backup ?? '', 'utf8')).toBe(text);
  await uninstall(host(id));
  expect(await readFile(path, 'utf8')).toBe(text);
});

it.each(['cursor', 'codex'])(
  'makes the file of %s when it is missing, and takes it away again',
  async (id) => {
    expect(await install(host(id))).toBeUndefined();
    const path = host(id).file(machine);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await uninstall(host(id));
    expect(await readdir(dirname(path))).toEqual([expect.stringMatching(/\.bak$/)]);
  },
);

it('keeps what has been changed since, and takes out nothing else', async () => {
  const path = await put(cursor, '{\n  "a": 1\n}\n');
  await install(cursor);
  await writeFile(path, (await readFile(path, 'utf8')).replace('"a": 1', '"a": 2'));
  await uninstall(cursor);
  expect(await readFile(path, 'utf8')).toBe('{\n  "a": 2\n}\n');
});

it('keeps the link, the mode, and every earlier backup', async () => {
  const path = await put(cursor, '{}');
  const real = join(folder, 'dotfiles.json');
  await writeFile(real, '{}');
  await chmod(real, 0o664);
  await rm(path);
  await symlink(real, path);
  const first = await install(cursor);
  const second = await install(cursor, wanted('second', { isNameGiven: true }));
  expect((await lstat(path)).isSymbolicLink()).toBe(true);
  expect((await stat(real)).mode & 0o777).toBe(0o664);
  expect((await stat(first ?? '')).mode & 0o777).toBe(0o664);
  expect([first, second]).toEqual([`${path}.2026-11-21-120000.bak`, `${path}.2026-11-21-120000-2.bak`]);
  expect(await readFile(first ?? '', 'utf8')).toBe('{}');
  expect(await newestBackup(await readConfigFile(path))).toContain('"srv"');
});

it('writes nothing over a change that came in between', async () => {
  const path = await put(cursor, '{}');
  const { file, text } = await planInstall(cursor, machine, wanted());
  await writeFile(path, '{ "new": 1 }');
  await expect(writeConfigFile(file, text, now)).rejects.toThrow('has been changed meanwhile');
  expect(await readdir(dirname(path))).toEqual(['mcp.json']);
  const missing = await planInstall(codex, machine, wanted());
  await put(codex, 'a = 1\n');
  await expect(writeConfigFile(missing.file, missing.text, now)).rejects.toThrow(
    'has been changed meanwhile',
  );
});

it.each([
  ['{ "a": ', /mcp\.json: line 1 is no JSON/],
  [Buffer.from('{ "a": "\xe9" }', 'latin1'), /mcp\.json is not UTF-8/],
])('refuses %j, with the name of the file', async (text, message) => {
  const path = await put(cursor, '');
  await writeFile(path, text);
  await expect(planInstall(cursor, machine, wanted())).rejects.toThrow(message);
});

it('refuses a link to nowhere', async () => {
  const path = await put(cursor, '');
  await rm(path);
  await symlink(join(folder, 'nowhere'), path);
  await expect(planInstall(cursor, machine, wanted())).rejects.toThrow(
    'symbolic link to a file that is not there',
  );
});

it('knows what is there already', async () => {
  await put(cursor, '{}');
  await install(cursor);
  expect(await planInstall(cursor, machine, wanted())).toMatchObject({ kind: 'same', names: ['srv'] });
  // The server, by another name than it would get now.
  expect(await planInstall(cursor, machine, wanted('later'))).toMatchObject({ kind: 'same', names: ['srv'] });
  // Another server that calls itself the same.
  const second = wanted('srv', { address: other });
  expect(await planInstall(cursor, machine, second)).toMatchObject({
    kind: 'add',
    names: [`srv-${other.slice(-4)}`],
  });
  // Only whoever says the name replaces what is there.
  const replaced = await planInstall(cursor, machine, { ...second, isNameGiven: true });
  expect(replaced).toMatchObject({ kind: 'replace', names: ['srv'] });
  expect(replaced.text).toContain(other);
  expect(replaced.text).not.toContain(npub);
});

it('leaves entries alone that are not ours', async () => {
  await put(cursor, '{ "mcpServers": { "srv": { "command": "x", "args": [] } } }');
  await expect(planInstall(cursor, machine, wanted('srv', { isNameGiven: true }))).rejects.toThrow(
    'Cursor has another server with the name "srv"',
  );
  await expect(planUninstall(cursor, machine, { name: 'srv' })).rejects.toThrow('does not run mcp-nostr');
  expect(await planUninstall(cursor, machine, { name: 'none' })).toBeUndefined();
  expect(await planUninstall(cursor, machine, { pubkey: key })).toBeUndefined();
});

it('finds an entry by its address, and not one that has other servers too', async () => {
  const entry = (...args: string[]) => ({ command: 'npx', args: ['-y', 'mcp-nostr', 'connect', ...args] });
  const mcpServers = { one: entry(npub), two: entry(npub, other), three: entry(key) };
  await put(cursor, JSON.stringify({ mcpServers }));
  const change = await planUninstall(cursor, machine, { pubkey: key });
  expect(change).toMatchObject({ kind: 'remove', names: ['one', 'three'] });
  expect(JSON.parse(change?.text ?? '')).toEqual({ mcpServers: { two: mcpServers.two } });
});

it('only shows with --dry-run, and leaves out what is secret', async () => {
  const path = await put(cursor, '{\n  "mcpServers": {\n    "a": { "env": { "KEY": "sk-1" } }\n  }\n}\n');
  const before = await readFile(path);
  const work = { plan: (each: Host) => planInstall(each, machine, wanted()), prepare: () => expect.fail() };
  const { outcomes } = await changeHosts([cursor, codex], machine, work, { dryRun: true });
  expect(outcomes).toMatchObject([
    { client: 'cursor', change: 'add' },
    { client: 'codex', change: 'add' },
  ]);
  expect(stdout).toContain('+    "srv": {');
  expect(stdout + JSON.stringify(outcomes)).not.toContain('sk-1');
  expect(await readFile(path)).toEqual(before);
  expect(await readdir(folder, { recursive: true })).toEqual(['.cursor', '.cursor/mcp.json']);
});

it('does not let one bad file hold up the others', async () => {
  await put(cursor, '{ "broken": ');
  await put(codex, '');
  const work = { plan: (each: Host) => planInstall(each, machine, wanted()) };
  const changed = await changeHosts([cursor, codex], machine, work, { yes: true, json: true });
  expect(changed.outcomes).toMatchObject([
    { client: 'cursor', change: 'failed', error: { code: 'host_config' } },
    { client: 'codex', change: 'add' },
  ]);
  expect(stdout).toBe('');
  expect(await readFile(codex.file(machine), 'utf8')).toContain(npub);
  expect(() => throwPartial(changed)).toThrow('1 of 2 hosts were left as they are');
});
