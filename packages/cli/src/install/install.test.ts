import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { formatAddress } from '@mcp-nostr/core';
import { unzipSync } from 'fflate';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { main } from '../program.ts';
import { writeBundle } from './bundle.ts';
import { hosts } from './hosts.ts';
import { installLink } from './snippets.ts';

const address = formatAddress({ pubkey: 'a'.repeat(64), relays: ['wss://r.example'] });

let home: string;
let stdout: string;
let stderr: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'mcp-nostr-install-'));
  stdout = '';
  stderr = '';
  vi.stubEnv('HOME', home);
  vi.stubEnv('PATH', '/nowhere');
  for (const name of ['XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'MCP_NOSTR_HOME', 'CODEX_HOME'])
    vi.stubEnv(name, '');
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((stdout += String(text))));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean((stderr += String(text))));
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await rm(home, { recursive: true });
});

it.each([
  [['install', address], '--yes changes them without asking'],
  [['uninstall', 'x'], '--yes changes them without asking'],
  [['install', address, '--dry-run'], 'no MCP host was found on this machine'],
  [['install', address, '--client', 'emacs'], 'no host "emacs" is known; there are claude-desktop, '],
  [['install', address, '--name', 'my server', '--yes'], 'letters, digits, - and _'],
  [
    ['install', address, '--name', 'x', '--yes', '--client', 'cursor', '--', '--bogus'],
    "unknown option '--bogus'",
  ],
  [['install', address, '--name', 'x', '--yes', '--client', 'cursor', '--', '--http'], 'over stdio'],
  [['service', 'install', '--', 'connect', address], '--http, --sse or --ws'],
  [['install', 'nothing', '--yes'], 'not an address: "nothing"'],
  [['uninstall', 'x', '--yes', '--client', 'cursor'], 'no host has a server "x"'],
  [['install', address, '--name', 'x', '--mcpb', 'x.mcpb'], 'run it with npx'],
])('explains a mistake, ends with 2 and touches nothing: %j', async (args, message) => {
  expect(await main(args)).toBe(2);
  expect(stderr).toContain(message);
  expect(await readdir(home)).toEqual([]);
});

it('shows what it would do in the hosts that are named, and does not', async () => {
  expect(await main(['install', address, '--name', 'x', '--client', 'cursor,codex', '--dry-run'])).toBe(0);
  expect(stdout).toContain('+    "x": {');
  expect(stdout).toContain('+[mcp_servers.x]');
  expect(stdout).toContain(`"connect", "${address}"`);
  expect(await readdir(home)).toEqual([]);
});

it('takes a server out of every host that has it, by its address', async () => {
  const mine = { command: 'npx', args: ['-y', 'mcp-nostr', 'connect', address] };
  const other = { command: 'x', args: [] };
  await mkdir(join(home, '.cursor'));
  await mkdir(join(home, '.gemini'));
  const cursor = join(home, '.cursor', 'mcp.json');
  await writeFile(cursor, JSON.stringify({ mcpServers: { mine, other } }));
  await writeFile(join(home, '.gemini', 'settings.json'), JSON.stringify({ mcpServers: { other } }));
  expect(await main(['uninstall', address, '--yes', '--json'])).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    hosts: [{ client: 'cursor', file: cursor, names: ['mine'], change: 'remove' }],
  });
  expect(JSON.parse(await readFile(cursor, 'utf8'))).toEqual({ mcpServers: { other } });
});

it('removes a copy of the program with the last entry that runs it, and no other copy', async () => {
  const folder = join(home, '.local', 'share', 'mcp-nostr', 'programs');
  const copies = ['hosts/mcp-nostr-1.0.0.mjs', 'hosts/mcp-nostr-2.0.0.mjs', 'mcp-nostr-1.0.0.mjs'];
  await mkdir(join(folder, 'hosts'), { recursive: true });
  for (const name of copies) await writeFile(join(folder, name), '');
  const mine = { command: 'node', args: [join(folder, copies[0] ?? ''), 'connect', address] };
  const files = ['.cursor/mcp.json', '.gemini/settings.json'].map((path) => join(home, path));
  for (const file of files) {
    await mkdir(join(file, '..'));
    await writeFile(file, JSON.stringify({ mcpServers: { mine } }));
  }
  expect(await main(['uninstall', 'mine', '--client', 'cursor', '--yes'])).toBe(0);
  expect(await readdir(join(folder, 'hosts'))).toHaveLength(2);
  // One that cannot be read may have any entry.
  await mkdir(join(home, '.codex', 'config.toml'), { recursive: true });
  await writeFile(files[0] ?? '', JSON.stringify({ mcpServers: { mine } }));
  expect(await main(['uninstall', 'mine', '--client', 'cursor,gemini', '--yes'])).toBe(0);
  expect(await readdir(join(folder, 'hosts'))).toHaveLength(2);
  await rm(join(home, '.codex'), { recursive: true });
  await writeFile(files[0] ?? '', JSON.stringify({ mcpServers: { mine } }));
  expect(await main(['uninstall', 'mine', '--yes'])).toBe(0);
  expect(await readdir(join(folder, 'hosts'))).toEqual(['mcp-nostr-2.0.0.mjs']);
  expect(await readdir(folder)).toContain('mcp-nostr-1.0.0.mjs');
  expect(stdout).toContain('mcp-nostr-1.0.0.mjs, which no host starts any more');
});

it('prints the entry of one host so that it can be piped, and what is for people beside it', async () => {
  expect(await main(['install', address, '--name', 'x', '--client', 'vscode', '--print'])).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    servers: {
      x: { type: 'stdio', command: process.execPath, args: expect.arrayContaining(['connect', address]) },
    },
  });
  expect(stderr).toContain('vscode:mcp/install?');
  stdout = '';
  expect(
    await main(['install', address, '--name', 'x', '--print', '--json', '--', '--allow-tool', 'a*']),
  ).toBe(0);
  const { snippets } = JSON.parse(stdout) as { snippets: { client: string; text: string }[] };
  expect(snippets.map(({ client }) => client)).toEqual(hosts.map(({ id }) => id));
  expect(snippets[0]?.text).toContain('"--allow-tool", "a*"');
});

it('makes links of what any machine with Node can run', () => {
  const link = (id: string): string | undefined => {
    const host = hosts.find((each) => each.id === id);
    return host === undefined ? undefined : installLink(host, 'x', ['connect', address], '1.2.3');
  };
  const entry = { command: 'npx', args: ['-y', 'mcp-nostr@1.2.3', 'connect', address] };
  const cursor = new URL(link('cursor') ?? '');
  expect([cursor.protocol, cursor.host, cursor.pathname]).toEqual([
    'cursor:',
    'anysphere.cursor-deeplink',
    '/mcp/install',
  ]);
  expect(cursor.searchParams.get('name')).toBe('x');
  expect(JSON.parse(atob(cursor.searchParams.get('config') ?? ''))).toEqual(entry);
  const [start, json = ''] = link('vscode')?.split('?') ?? [];
  expect(start).toBe('vscode:mcp/install');
  expect(JSON.parse(decodeURIComponent(json))).toEqual({ name: 'x', type: 'stdio', ...entry });
  expect(link('codex')).toBeUndefined();
});

it('bundles the program as it is, and how to start it', async () => {
  const script = join(home, 'mcp-nostr.js');
  await writeFile(script, 'the program');
  await writeFile(join(home, 'THIRD-PARTY.txt'), 'licences');
  const path = join(home, 'x.mcpb');
  const bytes = await writeBundle(path, script, {
    name: 'x',
    title: 'X',
    args: ['connect', address],
    version: '1.2.3',
  });
  const zip = await readFile(path);
  expect(zip.length).toBe(bytes);
  const files = unzipSync(zip);
  const text = (name: string): string => Buffer.from(files[name] ?? []).toString();
  expect(Object.keys(files)).toEqual(['manifest.json', 'server/mcp-nostr.mjs', 'server/THIRD-PARTY.txt']);
  expect(text('server/mcp-nostr.mjs')).toBe('the program');
  expect(JSON.parse(text('manifest.json'))).toMatchObject({
    manifest_version: '0.3',
    name: 'x',
    version: '1.2.3',
    server: {
      type: 'node',
      entry_point: 'server/mcp-nostr.mjs',
      mcp_config: { command: 'node', args: ['${__dirname}/server/mcp-nostr.mjs', 'connect', address] },
    },
  });
});
