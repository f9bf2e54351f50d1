import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { NostrClientTransport } from '@mcp-nostr/client';
import { formatNpub, generateSecretKey, getPublicKey, secretKeySigner } from '@mcp-nostr/core';
import { type Relay, startRelay } from '@mcp-nostr/relay';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';

import { CliRun } from '../helpers/cli.ts';
import { runMain } from '../helpers/cli-in-process.ts';

/** Has two tools, which tell what the program knows of who calls. */
const program = `
import { createInterface } from 'node:readline';
const tools = ['echo', 'delete_all'].map((name) => ({ name, inputSchema: { type: 'object' } }));
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) continue;
  const text = JSON.stringify({ env: process.env, arguments: params?.arguments });
  const result =
    method === 'initialize'
      ? { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'x', version: '1' } }
      : method === 'tools/list' ? { tools } : { content: [{ type: 'text', text }] };
  console.log(JSON.stringify({ jsonrpc: '2.0', id, result }));
}
`;
const home = mkdtempSync(join(tmpdir(), 'mcp-nostr-'));
const auditFile = join(home, 'logs', 'audit.jsonl');
const clients: Client[] = [];

let relay: Relay;
let server: CliRun;
let address: string;
let serverNpub: string;

beforeAll(async () => {
  vi.stubEnv('MCP_NOSTR_HOME', home);
  vi.stubEnv('MCP_NOSTR_RELAYS', undefined);
  writeFileSync(join(home, 'program.mjs'), program);
  relay = await startRelay();
  await serve();
});

afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())));

afterAll(async () => {
  await server.stop();
  await relay.close();
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

/** Starts the server, as somebody does who has said nothing about who may call. */
async function serve(): Promise<void> {
  const audit = [
    '--audit-log',
    auditFile,
    '--audit-arguments',
    '--log-file',
    join(home, 'logs', 'serve.log'),
  ];
  const command = ['--', process.execPath, join(home, 'program.mjs')];
  server = new CliRun(['serve', '--json', '--relay', relay.url, ...audit, ...command], {
    MCP_NOSTR_HOME: home,
  });
  const ready = await server.event('ready');
  address = String(ready['address']);
  serverNpub = String(ready['npub']);
}

/** A key of a caller. */
function newCaller() {
  const secretKey = generateSecretKey();
  const pubkey = getPublicKey(secretKey);
  const npub = formatNpub(pubkey);
  const connect = async (options: { invite?: string } = {}): Promise<Client> => {
    const client = new Client({ name: 'caller', version: '1' });
    clients.push(client);
    const signer = secretKeySigner(secretKey);
    await client.connect(new NostrClientTransport({ server: address, signer, ...options }));
    return client;
  };
  return { pubkey, npub, connect };
}

async function mcpNostr(...args: string[]): Promise<Record<string, unknown>> {
  const { exitCode, stdout, stderr } = await runMain([...args, '--json']);
  if (exitCode !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, unknown>;
}

async function invite(...args: string[]): Promise<{ code: string; id: string }> {
  const { link, id } = await mcpNostr('invite', ...args);
  return { code: new URL(`nostr:${String(link)}`).searchParams.get('invite') ?? '', id: String(id) };
}

/** Which tools a caller sees. */
async function toolsOf(client: Client): Promise<string[]> {
  return (await client.listTools()).tools.map(({ name }) => name);
}

const failure = (code: string): unknown =>
  expect.objectContaining({ data: expect.objectContaining({ code }) });

/** All files under the home, but the program's own. */
function files(): string[] {
  return readdirSync(home, { recursive: true, encoding: 'utf8' })
    .map((name) => join(home, name))
    .filter((path) => statSync(path).isFile());
}

/** What the server has said in its log about who may call, from now on. */
function said(pattern: RegExp): Promise<unknown> {
  const from = server.stderr.length;
  return vi.waitUntil(() => pattern.test(server.stderr.slice(from)), { timeout: 25_000, interval: 10 });
}

it('lets nobody in who was not named, and a key as soon as it is', async () => {
  const { npub, connect } = newCaller();
  await expect(connect()).rejects.toEqual(failure('not_allowed'));
  const heard = said(/read again: private: 1 key may call/);
  await mcpNostr('allow', npub, '--name', 'alice', '--tools', 'echo', '--scope', 'read');
  await heard;
  const client = await connect();
  expect(await toolsOf(client)).toEqual(['echo']);
  await expect(client.callTool({ name: 'delete_all' })).rejects.toThrow('not found');

  const denied = said(/read again: private: nobody may call yet, 1 key denied/);
  await mcpNostr('deny', 'alice');
  await denied;
  await expect(client.callTool({ name: 'echo' })).rejects.toEqual(failure('not_allowed'));
  await expect(connect()).rejects.toEqual(failure('not_allowed'));
  const lists = await mcpNostr('access');
  expect(lists).toMatchObject({ server: serverNpub, allowed: [], denied: [{ npub, name: 'alice' }] });
  await mcpNostr('deny', '--forget', npub);
  expect((await mcpNostr('access'))['denied']).toEqual([]);
});

it('lets in whoever has an invite, a moment after it was drawn, for what it is for', async () => {
  const { code, id } = await invite('--tools', 'echo', '--name', 'bob');
  expect(code).toMatch(/^[a-z2-7]{26}$/);
  const [bob, eve] = [newCaller(), newCaller()];
  const client = await bob.connect({ invite: code });
  expect(await toolsOf(client)).toEqual(['echo']);
  // Once; and then its key is enough.
  await expect(eve.connect({ invite: code })).rejects.toEqual(failure('invite_expired'));
  expect(await toolsOf(await bob.connect())).toEqual(['echo']);
  expect((await mcpNostr('access'))['allowed']).toMatchObject([
    { npub: bob.npub, name: 'bob', tools: ['echo'], via: id },
  ]);
  expect(await server.event('paired')).toMatchObject({ caller: bob.npub, name: 'bob', invite: id });
});

it('asks for an invite while one is open, and takes none that was closed', async () => {
  const heard = said(/read again: .*, 1 invite is open/);
  const { code, id } = await invite('--uses', '2');
  const { connect } = newCaller();
  await heard;
  await expect(connect()).rejects.toEqual(failure('invite_required'));
  await mcpNostr('invite', '--revoke', id);
  await expect(connect({ invite: code })).rejects.toEqual(failure('invite_expired'));
  await expect(mcpNostr('invite', '--revoke', id)).rejects.toThrow(`there is no invite ${id}`);
});

it('keeps what several commands say at the same time, and what was said, over a restart', async () => {
  const npubs = Array.from({ length: 4 }, () => newCaller().npub);
  const { connect, npub } = newCaller();
  const others = npubs.slice(0, 2).map((each) => new CliRun(['allow', each], { MCP_NOSTR_HOME: home }).ended);
  for (const each of [...npubs.slice(2), npub]) await mcpNostr('allow', each);
  expect((await Promise.all(others)).map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  const { allowed } = await mcpNostr('access');
  expect(allowed).toEqual(
    expect.arrayContaining([...npubs, npub].map((each) => expect.objectContaining({ npub: each }))),
  );
  await server.stop();
  await serve();
  expect(await toolsOf(await connect())).toEqual(['echo', 'delete_all']);
});

it('has written down who did what, and no secret anywhere', async () => {
  const { code: secret } = await invite();
  const { npub, connect } = newCaller();
  const client = await connect({ invite: secret });
  const text = JSON.stringify(
    await client.callTool({ name: 'echo', arguments: { password: 'hunter2', x: 1 } }),
  );
  expect(text).toContain(npub);
  expect(text).not.toContain(secret);
  const lines = (): Record<string, unknown>[] =>
    readFileSync(auditFile, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const mine = await vi.waitFor(
    () => {
      const own = lines().filter(({ caller }) => caller === npub);
      expect(own).toHaveLength(3);
      return own;
    },
    { timeout: 25_000 },
  );
  expect(mine).toMatchObject([
    { event: 'paired', invite: expect.stringMatching(/^\w{6}$/) },
    { event: 'request', method: 'initialize', outcome: 'ok' },
    {
      event: 'request',
      method: 'tools/call',
      name: 'echo',
      outcome: 'ok',
      id: expect.stringMatching(/^\w{64}$/),
    },
  ]);
  expect(mine[2]).toMatchObject({
    arguments: { password: '[redacted]', x: 1 },
    durationMs: expect.any(Number),
  });
  const refused = lines().filter(({ event }) => event === 'refused');
  expect(new Set(refused.map(({ code }) => code))).toEqual(
    new Set(['not_allowed', 'invite_expired', 'invite_required']),
  );

  const written = [server.stdout, server.stderr, ...files().map((path) => readFileSync(path, 'utf8'))].join(
    '',
  );
  expect(written).not.toContain(secret);
  expect(written).not.toContain('hunter2');
  for (const path of files().filter((each) => !each.endsWith('.mjs')))
    expect([path, statSync(path).mode & 0o777]).toEqual([path, 0o600]);
});
