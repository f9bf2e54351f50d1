import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { CliRun } from '../helpers/cli.ts';
import { root, run } from './run.ts';

const everything = join(root, 'test/node_modules/@modelcontextprotocol/server-everything/dist/index.js');

let folder: string;
let project: string;
let program: string;
let env: NodeJS.ProcessEnv;
let relay: CliRun;
let relayUrl: string;
let server: CliRun;
let address: string;

/** Packs it, installs it where nothing else is and no registry is asked, and puts a server on a relay with it. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mcp-nostr-cli-'));
  project = join(folder, 'project');
  env = { MCP_NOSTR_HOME: join(folder, 'home') };
  await run('npx', ['--yes', 'pnpm@12.21.0', '--filter', 'mcp-nostr', 'pack', '--pack-destination', folder]);
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz'));
  await mkdir(project);
  await writeFile(join(project, 'package.json'), '{ "private": true }');
  const offline = ['--offline', '--cache', join(folder, 'empty-cache'), '--no-audit', '--no-fund'];
  await run('npm', ['install', ...offline, join(folder, String(tarball))], project);
  program = join(project, 'node_modules/.bin/mcp-nostr');
  relay = cli('relay', '--port', '0', '--json');
  relayUrl = String((await relay.event('ready'))['url']);
  server = cli('serve', '--public', '--json', '--relay', relayUrl, '--', process.execPath, everything);
  address = String((await server.event('ready'))['address']);
});

afterAll(async () => {
  await Promise.all([server?.stop(), relay?.stop()]);
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

function cli(...args: string[]): CliRun {
  return new CliRun(args, env, { words: [program], folder: project });
}

async function echo(transport: StdioClientTransport | StreamableHTTPClientTransport): Promise<unknown> {
  const client = new Client({ name: 'host', version: '1.0.0' });
  await client.connect(transport);
  onTestFinished(() => client.close());
  // On stdio a host that was let wait for two seconds is answered in the server's stead.
  const stoodIn = transport instanceof StdioClientTransport ? [expect.stringMatching(/^npub1/)] : [];
  expect(['mcp-servers/everything', ...stoodIn]).toContainEqual(client.getServerVersion()?.name);
  return (await client.callTool({ name: 'echo', arguments: { message: 'hi' } })).content;
}

describe('the command line, installed with no registry in reach', () => {
  it('comes alone', async () => {
    const installed = (await readdir(join(project, 'node_modules'))).filter((name) => !name.startsWith('.'));
    expect(installed).toEqual(['mcp-nostr']);
  });

  it('tells its version, and explains itself', async () => {
    const text = await readFile(join(root, 'packages/cli/package.json'), 'utf8');
    const { version } = JSON.parse(text) as { version: string };
    expect(await run('npx', ['--no-install', 'mcp-nostr', '--version'], project)).toBe(`${version}\n`);
    const help = await run(program, ['--help'], project);
    for (const command of ['serve', 'connect', 'call', 'relay']) expect(help).toContain(`  ${command} `);
  });

  it('calls a tool', async () => {
    const { stdout } = await cli('call', address, 'echo', 'message=hi', '--json').ended;
    expect(JSON.parse(stdout)).toMatchObject({ result: { content: [{ type: 'text', text: 'Echo: hi' }] } });
  });

  it('is a server on stdio for a host', async () => {
    const transport = new StdioClientTransport({
      command: program,
      args: ['connect', address],
      env: { ...(process.env as Record<string, string>), ...(env as Record<string, string>) },
      stderr: 'ignore',
    });
    expect(await echo(transport)).toEqual([{ type: 'text', text: 'Echo: hi' }]);
  });

  it('is a Streamable HTTP server', async () => {
    const listener = cli('connect', address, '--http', '0', '--no-token');
    onTestFinished(async () => void (await listener.stop()));
    const [url = ''] = await listener.printed(/listening on (\S+)\n/);
    const transport = new StreamableHTTPClientTransport(new URL(url));
    expect(await echo(transport)).toEqual([{ type: 'text', text: 'Echo: hi' }]);
  });

  it('serves a Streamable HTTP server', async () => {
    const listener = cli('connect', address, '--http', '0', '--no-token');
    const [url = ''] = await listener.printed(/listening on (\S+)\n/);
    const key = join(folder, 'second.key');
    const second = cli('serve', url, '--public', '--json', '--key', key, '--relay', relayUrl);
    onTestFinished(async () => void (await Promise.all([second.stop(), listener.stop()])));
    const { address: where } = await second.event('ready');
    const { stdout } = await cli('call', String(where), 'echo', 'message=hi', '--json').ended;
    expect(JSON.parse(stdout)).toMatchObject({ result: { content: [{ type: 'text', text: 'Echo: hi' }] } });
  });

  it('ends when it is asked to', async () => {
    const ended = await Promise.all([server.stop(), relay.stop()]);
    expect(ended.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  });
});
