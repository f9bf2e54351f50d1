import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { NostrClientTransport } from '@mcp-nostr/client';
import { formatNpub, parseAddress, parseJsonRpc, RELAY_LIST_KIND, secretKeySigner } from '@mcp-nostr/core';
import { type Relay, startRelay } from '@mcp-nostr/relay';
import { RelayPool } from '@mcp-nostr/transport';
import { Client as Client2 } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';

import { CliRun, cliWords, type Ended, root } from '../helpers/cli.ts';

const everything = join(
  createRequire(import.meta.url).resolve('@modelcontextprotocol/server-everything/package.json'),
  '../dist/index.js',
);
const home = mkdtempSync(join(tmpdir(), 'mcp-nostr-'));
const env = { MCP_NOSTR_HOME: home };
const keyFile = join(home, 'keys', 'server.key');

let relay: Relay;
let server: CliRun;
let address: string;

beforeAll(async () => {
  relay = await startRelay();
  server = new CliRun(
    // The tool shows the environment of this machine.
    [
      'serve',
      '--public',
      '--json',
      '--deny-tool',
      'get-env',
      '--relay',
      relay.url,
      '--',
      process.execPath,
    ].concat(everything, 'stdio'),
    env,
  );
  address = String((await server.event('ready'))['address']);
});

afterAll(async () => {
  await server.stop();
  await relay.close();
  rmSync(home, { recursive: true });
});

const run = (args: string[], more: NodeJS.ProcessEnv = {}): Promise<Ended> =>
  new CliRun(args, { ...env, ...more }).ended;

describe('connect', () => {
  it('gives a host server-everything as if it were local, and writes nothing but JSON-RPC', async () => {
    const copy = join(home, 'stdout');
    const words = [...cliWords, 'connect', address].map((word) => `'${word}'`).join(' ');
    // What a host reads is copied byte by byte on its way.
    const transport = new StdioClientTransport({
      command: 'sh',
      args: ['-c', `${words} | tee '${copy}'`],
      cwd: root,
      env: { ...process.env, ...env, DEBUG: '*', FORCE_COLOR: '1' },
      stderr: 'pipe',
    });
    const client = new Client({ name: 'host', version: '1.0.0' });
    await client.connect(transport);
    onTestFinished(() => client.close());

    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain('echo');
    const echo = await client.callTool({ name: 'echo', arguments: { message: 'grüße 🌍\nzeile' } });
    expect(echo.content).toEqual([{ type: 'text', text: 'Echo: grüße 🌍\nzeile' }]);
    await client.callTool(
      { name: 'trigger-long-running-operation', arguments: { duration: 1, steps: 4 } },
      CallToolResultSchema,
      { onprogress: () => {} },
    );
    const image = await client.callTool({ name: 'get-tiny-image' });
    expect(image.content).toContainEqual(expect.objectContaining({ type: 'image', mimeType: 'image/png' }));
    expect((await client.listResources()).resources.length).toBeGreaterThan(0);
    expect((await client.listPrompts()).prompts.length).toBeGreaterThan(0);
    await expect(client.callTool({ name: 'echo', arguments: {} })).resolves.toMatchObject({ isError: true });
    await client.close();

    const lines = readFileSync(copy, 'utf8').split('\n');
    expect(lines.pop()).toBe(''); // every line is ended
    expect(lines.length).toBeGreaterThan(10);
    const messages = lines.map((line) => parseJsonRpc(JSON.parse(line)));
    // Counted here and not by the host: the SDK loses a progress notification that it reads together with the answer.
    const progress = messages.flatMap((message) =>
      'method' in message && message.method === 'notifications/progress'
        ? [message.params?.['progress']]
        : [],
    );
    expect(progress).toEqual([1, 2, 3, 4]);
  });

  it('joins servers under names, and shows what a filter leaves of them', async () => {
    const args = ['connect', '--allow-tool', 'all_[eg]*', `all=${address}`, '--deny-prompt', '*'];
    const [command = '', ...words] = [...cliWords, ...args];
    const transport = new StdioClientTransport({
      command,
      args: words,
      cwd: root,
      env: { ...process.env, ...env },
      stderr: 'pipe',
    });
    const client = new Client({ name: 'host', version: '1.0.0' });
    await client.connect(transport);
    onTestFinished(() => client.close());
    const names = (await client.listTools()).tools.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['all_echo', 'all_get-sum']));
    expect(names.filter((name) => !/^all_[eg]/.test(name) || name === 'all_get-env')).toEqual([]);
    const echo = await client.callTool({ name: 'all_echo', arguments: { message: 'hi' } });
    expect(echo.content).toEqual([{ type: 'text', text: 'Echo: hi' }]);
    // Hidden by us, and by who serves it.
    for (const name of ['all_toggle-simulated-logging', 'all_get-env'])
      await expect(client.callTool({ name })).rejects.toThrow(/Tool (all_toggle.*|get-env) not found/);
    expect((await client.listPrompts()).prompts).toEqual([]);
  });

  it('ends at once at the end of input, and the server frees the child that it had', async () => {
    const host = new CliRun(['connect', address], env);
    const initialize = {
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'h', version: '1' } },
    };
    host.child.stdin.write(`${JSON.stringify(initialize)}\n`);
    await new Promise((resolve) => host.child.stdout.once('data', resolve));
    const ofServer = ['-P', String(server.child.pid), '-f', 'server-everything'];
    const children = (): string => spawnSync('pgrep', ofServer).stdout.toString();
    // The answer may be of the last known catalogue.
    await expect.poll(children, { timeout: 20_000 }).not.toBe('');
    host.child.stdin.end();
    expect(await host.ended).toMatchObject({ exitCode: 0 });
    await expect.poll(children, { timeout: 10_000 }).toBe('');
  });
});

describe('serve', () => {
  it('leaves it to the program which versions of MCP it speaks', async () => {
    const program = [process.execPath, '--import', 'tsx', 'test/helpers/stdio-server-2.ts'];
    const both = new CliRun(['serve', '--public', '--json', '--relay', relay.url, '--', ...program], {
      MCP_NOSTR_HOME: join(home, 'both-eras'),
    });
    onTestFinished(async () => void (await both.stop()));
    const transport = new NostrClientTransport({ server: String((await both.event('ready'))['address']) });
    const client = new Client2({ name: 'modern', version: '1' }, { versionNegotiation: { mode: 'auto' } });
    await client.connect(transport);
    onTestFinished(() => client.close());
    expect(client.getNegotiatedProtocolVersion()).toBe('2026-07-28');
    const { closed } = await client.listen({ toolsListChanged: true });
    await both.stop();
    expect(await closed).toBe('graceful');
  });

  it('keeps its identity over a restart, in a file that only its owner can read', async () => {
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    expect(statSync(join(home, 'keys')).mode & 0o777).toBe(0o700);
    const again = new CliRun(
      // The tool shows the environment of this machine.
      [
        'serve',
        '--public',
        '--json',
        '--deny-tool',
        'get-env',
        '--relay',
        relay.url,
        '--',
        process.execPath,
      ].concat(everything, 'stdio'),
      env,
    );
    expect((await again.event('ready'))['address']).toBe(address);
    const { exitCode, stdout, stderr } = await again.stop();
    expect(exitCode).toBe(0);
    const secret = readFileSync(keyFile, 'utf8').trim();
    expect(stdout + stderr + server.stdout + server.stderr).not.toContain(secret);
  });

  it('says in each line who called what and how it ended', async () => {
    expect((await run(['call', address, 'get-sum', 'a=1', 'b=2'])).exitCode).toBe(0);
    const calls = (): unknown[] =>
      server.stdout
        .split('\n')
        .slice(0, -1)
        .filter((line) => line.includes('"event":"call"'))
        .map((line): unknown => JSON.parse(line));
    // The line comes by another pipe than the answer.
    const called = { method: 'tools/call', name: 'get-sum', outcome: 'ok' };
    await expect.poll(() => calls().at(-1), { timeout: 25_000 }).toMatchObject(called);
  });

  it('does not serve a key that is not allowed, and tells it what to do', async () => {
    const { pubkey } = parseAddress(address);
    const key = join(home, 'private.key');
    const args = ['serve', '--allow', formatNpub(pubkey), '--json', '--key', key, '--relay', relay.url];
    const closed = new CliRun([...args, '--', process.execPath, everything, 'stdio'], env);
    const locked = String((await closed.event('ready'))['address']);
    const { exitCode, stderr } = await run(['call', locked, '--json']);
    expect(exitCode).toBe(3);
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'not_allowed', hint: expect.stringMatching(/: mcp-nostr allow npub1\w{58}$/) },
    });
    await closed.stop();
  });

  it('answers callers when its program cannot run, and goes on serving', async () => {
    const key = join(home, 'broken.key');
    const args = ['serve', '--public', '--json', '--key', key, '--relay', relay.url, '--'];
    const broken = new CliRun(
      [...args, process.execPath, '-e', 'console.error("no disk"); process.exit(3)'],
      env,
    );
    const target = String((await broken.event('ready'))['address']);
    for (const _ of [1, 2]) {
      const { exitCode, stderr } = await run(['call', target]);
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(/exit code 3.*no disk/);
    }
    await broken.stop();
  });
});

describe('call', () => {
  it('lists the tools, and calls one with values typed by its schema', async () => {
    expect((await run(['call', address])).stdout).toMatch(/get-sum +a\*: number {2}b\*: number/);
    expect((await run(['call', address, 'echo', 'message=012'])).stdout).toContain('Echo: 012');
    const { stdout } = await run(['call', address, 'get-sum', 'a=1.5', 'b=2', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      result: { content: [{ type: 'text', text: expect.stringContaining('3.5') }] },
    });
  });

  it('finds the relays of a bare key by its relay list', async () => {
    const secretKey = readFileSync(keyFile, 'utf8').trim();
    const signer = secretKeySigner(Buffer.from(secretKey, 'hex'));
    const lookup = await startRelay();
    const pool = new RelayPool({ relays: [lookup.url] });
    const created_at = Math.floor(Date.now() / 1000);
    await pool.publish(
      await signer.signEvent({ kind: RELAY_LIST_KIND, created_at, tags: [['r', relay.url]], content: '' }),
    );
    pool.close();
    const { pubkey } = parseAddress(address);
    const found = await Promise.all([
      run(['call', formatNpub(pubkey), 'echo', 'message=a', '--relay', lookup.url]),
      run(['call', `nostr:${formatNpub(pubkey)}`, 'echo', 'message=a'], { MCP_NOSTR_RELAYS: lookup.url }),
      run(['call', pubkey, 'echo', 'message=a'], { MCP_NOSTR_RELAYS: lookup.url }),
    ]);
    for (const { exitCode, stdout, stderr } of found) {
      expect(stderr).not.toContain('error');
      expect(stdout).toContain('Echo: a');
      expect(exitCode).toBe(0);
    }
    await lookup.close();
  });

  it('says by its exit code and message what went wrong', async () => {
    const [noTool, badArgument, isError] = await Promise.all([
      run(['call', address, 'dance']),
      run(['call', address, 'get-sum', 'a=x', 'b=2']),
      run(['call', address, 'get-resource-reference', 'resourceId=-1']),
    ]);
    expect(noTool).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('dance') });
    expect(badArgument).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('number') });
    expect(isError.exitCode).toBe(5);
  });
});

describe('relay', () => {
  it('runs until it is stopped, and says so when its port is taken', async () => {
    const first = new CliRun(['relay', '--port', '0', '--json'], env);
    const url = String((await first.event('ready'))['url']);
    const port = new URL(url).port;
    const second = await run(['relay', '--port', port]);
    expect(second).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(port) });
    expect(await first.stop()).toMatchObject({ exitCode: 0 });
  });

  it('takes as many connections from one address as it is told to', async () => {
    const relayRun = new CliRun(['relay', '--port', '0', '--json', '--max-connections-per-ip', '1'], env);
    const url = String((await relayRun.event('ready'))['url']);
    const first = new WebSocket(url);
    await once(first, 'open');
    const [error] = (await once(new WebSocket(url), 'error')) as [Error];
    expect(error.message).toContain('429');
    first.close();
    await relayRun.stop();
  });
});
