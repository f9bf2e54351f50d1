import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { generateSecretKey, secretKeySigner } from '@mcp-nostr/core';
import { type Relay, startRelay } from '@mcp-nostr/relay';
import { type NostrServer, serve } from '@mcp-nostr/server';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { shortNpub } from '../../packages/cli/src/terminal.ts';
import { CliRun, type Ended, root } from '../helpers/cli.ts';

/** The command that is written has to work from any folder, so the loader of the sources is named by its path. */
const loader = pathToFileURL(createRequire(join(root, 'package.json')).resolve('tsx')).href;
const words = [
  process.execPath,
  '--conditions=@mcp-nostr/source',
  '--import',
  loader,
  join(root, 'packages/cli/src/main.ts'),
];

const before = '{\n\t// mine\n\t"mcpServers": {\n\t\t"other": { "command": "x" } // stays\n\t}\n}\n';

let home: string;
let relay: Relay;
let server: NostrServer;
let cursorFile: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'mcp-nostr-install-'));
  cursorFile = join(home, '.cursor', 'mcp.json');
  await mkdir(dirname(cursorFile));
  await mkdir(join(home, '.codex'));
  await writeFile(cursorFile, before);
  relay = await startRelay();
  const signer = secretKeySigner(generateSecretKey());
  server = await serve({ signer, relays: [relay.url], allow: 'public' }, () => {
    const mcp = new McpServer({ name: 'greeter', version: '1.2.3' });
    mcp.registerTool('greet', {}, () => ({ content: [{ type: 'text', text: 'hello' }] }));
    return mcp;
  });
});

afterAll(async () => {
  await server.close();
  await relay.close();
  await rm(home, { recursive: true });
});

/** From the desktop of somebody whose hosts are Cursor and Codex. */
function run(args: string[]): Promise<Ended> {
  const env = { HOME: home, PATH: '/usr/bin:/bin', XDG_CONFIG_HOME: '', XDG_DATA_HOME: '', CODEX_HOME: '' };
  return new CliRun(args, env, { words }).ended;
}

it('puts a server into every host, and starts what it has written', async () => {
  const installed = await run(['install', server.address, '--name', 'greeter', '--yes', '--json']);
  expect(installed).toMatchObject({ exitCode: 0, stderr: '' });
  const report = JSON.parse(installed.stdout) as { started: Record<string, unknown> };
  expect(report).toMatchObject({
    hosts: [
      { client: 'cursor', names: ['greeter'], change: 'add', backup: expect.stringContaining(cursorFile) },
      { client: 'codex', names: ['greeter'], change: 'add' },
    ],
    started: { tools: 1 },
  });
  const { serverName, serverVersion } = report.started;
  // A server that takes longer than a host likes to wait is introduced by its key.
  expect([
    ['greeter', '1.2.3'],
    [shortNpub(server.npub), '0'],
  ]).toContainEqual([serverName, serverVersion]);
  expect(await readFile(cursorFile, 'utf8')).toContain(`"connect", "${server.address}"]`);
  expect(await readFile(join(home, '.codex', 'config.toml'), 'utf8')).toMatch(/^\[mcp_servers\.greeter\]\n/);
});
