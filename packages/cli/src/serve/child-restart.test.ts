import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { JsonRpcMessage } from '@mcp-nostr/core';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { isAlive, until } from '../run-cli.test.support.ts';
import { Children } from './child/children.ts';
import { ChildServer, type ChildServerOptions, type ServerTransport } from './child-server.ts';

/** A server of MCP 2025-11-25 that tells what it has heard, in the version that a file names. */
const program = `
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
const send = (m) => console.log(JSON.stringify({ jsonrpc: '2.0', ...m }));
const protocolVersion = readFileSync(new URL('version', import.meta.url), 'utf8');
const capabilities = { tools: { listChanged: true }, prompts: {}, resources: { listChanged: true, subscribe: true } };
const heard = [];
createInterface({ input: process.stdin }).on('line', (line) => {
  const m = JSON.parse(line);
  if (m.method === undefined) return heard.push('answer ' + JSON.stringify(m.id));
  if (m.method === 'initialize') return send({ id: m.id, result: { protocolVersion, capabilities, serverInfo: { name: 's', version: '1' } } });
  if (m.method === 'heard') return send({ id: m.id, result: { pid: process.pid, heard } });
  heard.push([m.method, m.params?.level ?? m.params?.uri].filter(Boolean).join(' '));
  if (m.method === 'die') return process.kill(process.pid, 'SIGKILL');
  if (m.method === 'ask') return send({ id: 0, method: 'roots/list' });
  if (m.method === 'end') send({ method: 'notifications/cancelled', params: { requestId: 'slow' } });
  if (m.method !== 'hang' && m.id !== undefined) send({ id: m.id, result: {} });
});
`;

let folder: string;
let children: Children;
let log: string[];
let wire: Wire;
let server: ChildServer;
let lastId = 0;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mcp-nostr-restart-'));
  await writeFile(join(folder, 'program.mjs'), program);
  await writeFile(join(folder, 'version'), '2025-11-25');
  children = new Children((problem) => log.push(problem));
  log = [];
  wire = new Wire();
});

afterEach(async () => {
  await server.close();
  children.close();
  await rm(folder, { recursive: true });
});

class Wire implements ServerTransport {
  onmessage?: (message: JsonRpcMessage) => void;
  onclose?: () => void;
  readonly sent: JsonRpcMessage[] = [];
  isClosed = false;
  readonly #asked: Map<unknown, (answer: JsonRpcMessage) => void> = new Map();
  async start(): Promise<void> {}
  async send(message: JsonRpcMessage): Promise<void> {
    this.sent.push(message);
    if (!('method' in message)) this.#asked.get(message.id)?.(message);
  }
  async close(): Promise<void> {
    this.isClosed = true;
    this.onclose?.();
  }
  tell(method: string): void {
    this.onmessage?.({ jsonrpc: '2.0', method });
  }
  /** Resolves with the answer as it comes, not a little later: by then the program may be there again, or gone. */
  ask(method: string, params?: Record<string, unknown>): Promise<JsonRpcMessage> {
    const id = ++lastId;
    return new Promise((resolve) => {
      this.#asked.set(id, resolve);
      this.onmessage?.({ jsonrpc: '2.0', id, method, params });
    });
  }
  async heard(): Promise<{ pid: number; heard: unknown }> {
    const answer = await this.ask('heard');
    if (!('result' in answer)) throw new Error(JSON.stringify(answer));
    return { pid: Number(answer.result['pid']), heard: answer.result['heard'] };
  }
  methods(): string[] {
    return this.sent.flatMap((message) => ('method' in message ? [message.method] : []));
  }
}

async function connect(options: Partial<ChildServerOptions> = {}): Promise<void> {
  const command = { command: process.execPath, args: [join(folder, 'program.mjs')], env: process.env };
  server = new ChildServer({ children, command, onlog: (line) => log.push(line), ...options });
  await server.connect(wire);
}

async function beginSession(): Promise<void> {
  await wire.ask('initialize', { protocolVersion: '2025-11-25' });
  wire.tell('notifications/initialized');
  await wire.ask('logging/setLevel', { level: 'error' });
  await wire.ask('resources/subscribe', { uri: 'a://1' });
}

const SESSION = ['notifications/initialized', 'logging/setLevel error', 'resources/subscribe a://1'];

it('a program that is killed in the middle of a call is answered for and started again at once, session and all', async () => {
  await connect();
  await beginSession();
  const { pid } = await wire.heard();
  expect(await wire.ask('die')).toMatchObject({
    error: { message: "the server's program was ended by SIGKILL", data: { code: 'server_failed' } },
  });
  await until('its return', () => wire.methods().length === 2);
  expect(wire.methods()).toEqual([
    'notifications/tools/list_changed',
    'notifications/resources/list_changed',
  ]);
  const after = await wire.heard();
  expect(after.heard).toEqual(SESSION);
  expect(after.pid).not.toBe(pid);
  expect(log).toEqual(['the program was ended by SIGKILL; it is tried again at once']);
  expect(wire.isClosed).toBe(false);
});

it('one that fails again is waited for, and requests meanwhile are answered at once with when', async () => {
  await connect();
  await beginSession();
  await wire.ask('die');
  await wire.ask('die');
  expect(await wire.ask('heard')).toMatchObject({
    error: {
      message: expect.stringMatching(
        /^the server's program was ended by SIGKILL; it is tried again in \d+ ms$/,
      ),
      data: { code: 'server_failed', retryAfterMs: expect.any(Number) },
    },
  });
  await until('its return', () => wire.methods().length === 4);
  expect((await wire.heard()).heard).toEqual(SESSION);
});

it('an end that the session does not survive is the end of the connection', async () => {
  await connect();
  await beginSession();
  await writeFile(join(folder, 'version'), '2024-11-05');
  await wire.ask('die');
  expect(await wire.ask('heard')).toMatchObject({
    error: { message: 'the server speaks 2024-11-05 now and spoke 2025-11-25 before' },
  });
  await until('the end', () => wire.isClosed);
  await until('the end of the program', () => children.size === 0);
});

it('a late answer to a program that has gone does not reach the next one, which counts from 0 too', async () => {
  await connect();
  await wire.ask('initialize', {});
  wire.tell('ask');
  await until('the question', () => wire.methods().includes('roots/list'));
  await wire.ask('die');
  await until('its taking back', () => wire.methods().includes('notifications/cancelled'));
  wire.tell('ask');
  await until('the question', () => wire.methods().filter((each) => each === 'roots/list').length === 2);
  wire.onmessage?.({ jsonrpc: '2.0', id: 0, result: {} });
  expect((await wire.heard()).heard).toEqual(['ask']);
  const second = wire.sent.findLast((message) => 'method' in message && message.method === 'roots/list');
  const id = second !== undefined && 'id' in second ? second.id : undefined;
  wire.onmessage?.({ jsonrpc: '2.0', id: id ?? '', result: {} });
  expect((await wire.heard()).heard).toEqual(['ask', 'answer 0']);
});

it('a program that nobody uses is ended, and the next request finds another with the same session', async () => {
  await connect({ idleMs: 100 });
  await wire.ask('initialize', {});
  wire.tell('notifications/initialized');
  const { pid } = await wire.heard();
  await until('its end', () => !isAlive(pid));
  expect(log).toEqual(['the program was not used for 100 ms and was ended']);
  const after = await wire.heard();
  expect(after.heard).toEqual(['notifications/initialized']);
  expect(after.pid).not.toBe(pid);
});

it('one that has a request under way or a resource subscribed to is in use', async () => {
  await connect({ idleMs: 100 });
  await wire.ask('initialize', {});
  const { pid } = await wire.heard();
  wire.onmessage?.({ jsonrpc: '2.0', id: 'slow', method: 'hang' });
  await new Promise((resolve) => setTimeout(resolve, 350)); // nothing happens: there is no event to wait for
  expect(isAlive(pid)).toBe(true);
  await wire.ask('resources/subscribe', { uri: 'a://1' });
  wire.onmessage?.({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'slow' } });
  await new Promise((resolve) => setTimeout(resolve, 350)); // as above
  expect(isAlive(pid)).toBe(true);
  await wire.ask('resources/unsubscribe', { uri: 'a://1' });
  await until('its end', () => !isAlive(pid));
});

it('a subscription that the program has ended does not keep it', async () => {
  await connect({ idleMs: 100 });
  const { pid } = await wire.heard();
  wire.onmessage?.({ jsonrpc: '2.0', id: 'slow', method: 'hang' });
  await wire.ask('end');
  expect(wire.methods()).toContain('notifications/cancelled');
  await until('its end', () => !isAlive(pid));
});
