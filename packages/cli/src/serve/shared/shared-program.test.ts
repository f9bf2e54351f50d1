import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { isRecord, type JsonRpcMessage, type RequestId } from '@mcp-nostr/core';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { until } from '../../run-cli.test.support.ts';
import { Children } from '../child/children.ts';
import type { ServerTransport } from '../child-server.ts';
import { SharedProgram } from './shared-program.ts';

/** A server of both eras that does what its requests are named for, and tells what it has heard. */
const program = `
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
const send = (m) => console.log(JSON.stringify({ jsonrpc: '2.0', ...m }));
const note = (method, params) => send({ method, params });
const protocolVersion = readFileSync(new URL('version', import.meta.url), 'utf8');
const capabilities = { tools: { listChanged: true }, resources: { subscribe: true }, logging: {}, tasks: { list: {} } };
const heard = [];
const held = [];
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params, result, error } = JSON.parse(line);
  if (method === 'heard') return send({ id, result: { pid: process.pid, heard } });
  heard.push({ id, method, params, ...(error && { error: error.code }) });
  const token = params?._meta?.progressToken;
  if (method === 'initialize' && protocolVersion === 'none') return send({ id, error: { code: -32022, message: 'modern alone' } });
  if (method === 'initialize') return send({ id, result: { protocolVersion, capabilities, serverInfo: { name: 's', version: '1' } } });
  if (method === 'die') return process.kill(process.pid, 'SIGKILL');
  if (method === 'hold') return held.push({ id, params, token });
  if (method === 'release') for (const call of held.splice(0).reverse()) {
    if (call.token !== undefined) note('notifications/progress', { progressToken: call.token, progress: 1 });
    send({ id: call.id, result: { own: call.params.own } });
  }
  if (method === 'ask') send({ id: 1, method: 'sampling/createMessage' });
  if (method === 'withdraw') note('notifications/cancelled', { requestId: 1 });
  if (method === 'log') note('notifications/message', { level: 'error', data: 'of one caller' });
  if (method === 'change') note('notifications/tools/list_changed');
  if (method === 'update') note('notifications/resources/updated', { uri: params.uri });
  if (method === 'end') note('notifications/cancelled', { requestId: heard.find((each) => each.method === 'subscriptions/listen').id });
  if (method === 'subscriptions/listen') return note('notifications/subscriptions/acknowledged', { _meta: { 'io.modelcontextprotocol/subscriptionId': id } });
  if (id !== undefined && method !== undefined) send({ id, result: {} });
});
`;

let folder: string;
let children: Children;
let shared: SharedProgram;
let log: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mcp-nostr-shared-'));
  await writeFile(join(folder, 'program.mjs'), program);
  await writeFile(join(folder, 'version'), '2025-11-25');
  log = [];
  children = new Children((problem) => log.push(problem));
  const command = { command: process.execPath, args: [join(folder, 'program.mjs')], env: process.env };
  shared = new SharedProgram({ children, command, onlog: (line) => log.push(line) });
});

afterEach(async () => {
  await shared.close();
  children.close();
  await rm(folder, { recursive: true });
});

/** One connection. Every one counts its requests from 1. */
class Caller implements ServerTransport {
  onmessage?: (message: JsonRpcMessage) => void;
  onclose?: () => void;
  readonly sent: { message: JsonRpcMessage; related: RequestId | undefined }[] = [];
  isClosed = false;
  #lastId = 0;

  static async connect(): Promise<Caller> {
    const caller = new Caller();
    await shared.open().connect(caller);
    return caller;
  }
  /** With a session of MCP 2025-11-25. */
  static async joined(): Promise<Caller> {
    const caller = await Caller.connect();
    await caller.result('initialize', { protocolVersion: '2025-06-18' });
    caller.tell('notifications/initialized');
    return caller;
  }

  async start(): Promise<void> {}
  async send(message: JsonRpcMessage, options?: { relatedRequestId?: RequestId | undefined }): Promise<void> {
    this.sent.push({ message, related: options?.relatedRequestId });
  }
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    this.onclose?.();
  }
  tell(method: string, params?: Record<string, unknown>): void {
    this.onmessage?.({ jsonrpc: '2.0', method, params });
  }
  /** Returns the id. */
  begin(method: string, params?: Record<string, unknown>): number {
    const id = ++this.#lastId;
    this.onmessage?.({ jsonrpc: '2.0', id, method, params });
    return id;
  }
  async answer(id: number): Promise<JsonRpcMessage> {
    const find = (): JsonRpcMessage | undefined =>
      this.sent.find(({ message }) => !('method' in message) && message.id === id)?.message;
    await until(`answer ${id}`, () => find() !== undefined);
    const found = find();
    if (found === undefined) throw new Error('it was there');
    return found;
  }
  async result(method: string, params?: Record<string, unknown>): Promise<Record<string, unknown>> {
    const answer = await this.answer(this.begin(method, params));
    if (!('result' in answer)) throw new Error(JSON.stringify(answer));
    return answer.result;
  }
  /** Notifications and requests, in order. */
  news(): JsonRpcMessage[] {
    return this.sent.flatMap(({ message }) => ('method' in message ? [message] : []));
  }
}

/** What the program has heard of a method. */
async function heardOf(caller: Caller, method: string): Promise<Record<string, unknown>[]> {
  const { heard } = await caller.result('heard');
  return Array.isArray(heard) ? heard.filter((each) => isRecord(each) && each['method'] === method) : [];
}

it('twenty connections with equal ids and tokens get each their own answers and progress, from one process', async () => {
  const callers = await Promise.all(Array.from({ length: 20 }, () => Caller.joined()));
  const calls = callers.map((caller, own) => caller.begin('hold', { own, _meta: { progressToken: 't' } }));
  expect(new Set(calls).size).toBe(1);
  await callers[0]?.result('release');
  for (const [own, caller] of callers.entries()) {
    const id = calls[own] ?? 0;
    expect(await caller.answer(id)).toMatchObject({ id, result: { own } });
    expect(caller.sent.filter(({ message }) => 'method' in message)).toEqual([
      {
        message: {
          jsonrpc: '2.0',
          method: 'notifications/progress',
          params: { progressToken: 't', progress: 1 },
        },
        related: id,
      },
    ]);
  }
  const [first] = callers;
  const pids = await Promise.all(callers.map(async (each) => (await each.result('heard'))['pid']));
  expect(new Set(pids).size).toBe(1);
  expect(first && (await heardOf(first, 'initialize'))).toMatchObject([
    { params: { capabilities: {}, protocolVersion: '2025-11-25', clientInfo: { name: 'mcp-nostr' } } },
  ]);
  expect(first && (await heardOf(first, 'notifications/initialized'))).toHaveLength(1);
});

it('each is told what the program can, less what cannot be kept apart, and that is refused', async () => {
  const caller = await Caller.connect();
  const early = await caller.answer(caller.begin('tools/list'));
  expect(early).toMatchObject({ error: { code: -32_602, message: expect.stringContaining('initialize') } });
  expect(await caller.result('initialize', { protocolVersion: '2024-11-05' })).toEqual({
    protocolVersion: '2025-11-25',
    capabilities: { tools: { listChanged: true }, resources: { subscribe: true } },
    serverInfo: { name: 's', version: '1' },
  });
  for (const method of ['logging/setLevel', 'tasks/list'])
    expect(await caller.answer(caller.begin(method))).toMatchObject({ error: { code: -32_601 } });
});

it('a log line reaches nobody, a changed list everybody, and a question is refused', async () => {
  const [one, other] = [await Caller.joined(), await Caller.joined()];
  await one.result('log');
  await one.result('ask');
  await one.result('change');
  for (const each of [one, other]) {
    await until('the news', () => each.news().length > 0);
    expect(each.news()).toEqual([{ jsonrpc: '2.0', method: 'notifications/tools/list_changed' }]);
  }
  const { heard } = await other.result('heard');
  expect(heard).toContainEqual({ id: 1, error: -32_601 });
});

it('a resource is subscribed to as long as one of its subscribers is there, and they alone get its news', async () => {
  const [one, two, other] = [await Caller.joined(), await Caller.joined(), await Caller.joined()];
  await other.result('resources/subscribe', { uri: 'a' }); // no part of what follows
  for (const each of [one, two]) await each.result('resources/subscribe', { uri: 'a://1' });
  await other.result('update', { uri: 'a://1/part' });
  await one.result('resources/unsubscribe', { uri: 'a://1' });
  expect(await heardOf(other, 'resources/unsubscribe')).toEqual([]);
  await other.result('update', { uri: 'a://1' });
  expect([one, two, other].map((each) => each.news().length)).toEqual([1, 2, 0]);
  await two.close();
  await until('its leaving', () => two.isClosed);
  expect(await heardOf(other, 'resources/unsubscribe')).toMatchObject([{ params: { uri: 'a://1' } }]);
});

it('who cancels or leaves does so for its own requests, and a cancellation of the program concerns no caller', async () => {
  const [one, other] = [await Caller.joined(), await Caller.joined()];
  const kept = other.begin('hold', { own: 'other' });
  one.begin('hold', { own: 'one' });
  one.tell('notifications/cancelled', { requestId: kept });
  one.begin('hold', { own: 'one again' });
  await one.close();
  await until('both cancellations', () => one.isClosed);
  expect(await heardOf(other, 'notifications/cancelled')).toMatchObject([
    { params: { requestId: 2 } },
    { params: { requestId: 3, reason: 'the caller has gone' } },
  ]);
  await other.result('withdraw');
  await other.result('release');
  expect(await other.answer(kept)).toMatchObject({ result: { own: 'other' } });
  expect(other.news()).toEqual([]);
});

it('when it crashes every request is answered, and every connection goes on with the next one', async () => {
  const [one, other] = [await Caller.joined(), await Caller.joined()];
  await other.result('resources/subscribe', { uri: 'a://1' });
  const held = other.begin('hold', {});
  const reason = {
    error: { message: "the server's program was ended by SIGKILL", data: { code: 'server_failed' } },
  };
  expect(await one.answer(one.begin('die'))).toMatchObject(reason);
  expect(await other.answer(held)).toMatchObject(reason);
  await until('its return', () => one.news().length === 1 && other.news().length === 1);
  expect(await heardOf(one, 'resources/subscribe')).toMatchObject([{ params: { uri: 'a://1' } }]);
  expect(await heardOf(other, 'notifications/initialized')).toHaveLength(1);
  expect([one.isClosed, other.isClosed]).toEqual([false, false]);
});

it('when it comes back with another version the connections of the former one end, and new ones begin', async () => {
  const old = await Caller.joined();
  await writeFile(join(folder, 'version'), '2025-03-26');
  await old.answer(old.begin('die'));
  await until('the end', () => old.isClosed);
  const fresh = await Caller.connect();
  expect(await fresh.result('initialize')).toMatchObject({ protocolVersion: '2025-03-26' });
});

it('a program that knows no sessions says so itself, each time', async () => {
  await writeFile(join(folder, 'version'), 'none');
  for (const _ of [1, 2]) {
    const caller = await Caller.connect();
    const answer = await caller.answer(caller.begin('initialize'));
    expect(answer).toEqual({ jsonrpc: '2.0', id: 1, error: { code: -32_022, message: 'modern alone' } });
  }
});

it('connections of MCP 2026-07-28 share another process, and each has its own subscriptions', async () => {
  const [old, one, other] = [await Caller.joined(), await Caller.connect(), await Caller.connect()];
  const meta = (more: object = {}): Record<string, unknown> => ({
    _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', ...more },
  });
  const pids = [
    await old.result('heard'),
    await one.result('heard', meta()),
    await other.result('heard', meta()),
  ];
  expect(pids[1]?.['pid']).toBe(pids[2]?.['pid']);
  expect(pids[0]?.['pid']).not.toBe(pids[1]?.['pid']);
  for (const each of [one, other]) {
    const id = each.begin('subscriptions/listen', meta());
    await until('the acknowledgement', () => each.news().length === 1);
    expect(each.news()).toMatchObject([
      { params: { _meta: { 'io.modelcontextprotocol/subscriptionId': id } } },
    ]);
  }
  const listening = 2;
  await one.answer(one.begin('die', meta()));
  expect(await other.answer(listening)).toMatchObject({ error: { data: { code: 'server_failed' } } });
  expect(await other.result('heard', meta())).toMatchObject({ pid: expect.any(Number) });
});

it('a subscription that the program has ended is under way no longer', async () => {
  const caller = await Caller.connect();
  const meta = { _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } };
  const listening = caller.begin('subscriptions/listen', meta);
  await caller.result('end', meta);
  await until('its end', () => caller.news().length === 2);
  expect(caller.news()[1]).toMatchObject({ params: { requestId: listening } });
  await caller.answer(caller.begin('die', meta));
  const answered = caller.sent.flatMap(({ message }) => ('method' in message ? [] : [message.id]));
  expect(answered).toEqual([listening + 1, listening + 2]);
});

it('a connection has 1,000 resources subscribed to at most', async () => {
  const caller = await Caller.joined();
  const ids = Array.from({ length: 1_000 }, (_, i) =>
    caller.begin('resources/subscribe', { uri: `a://${i}` }),
  );
  await caller.answer(ids.at(-1) ?? 0);
  const subscribe = (): Promise<JsonRpcMessage> =>
    caller.answer(caller.begin('resources/subscribe', { uri: 'b://' }));
  expect(await subscribe()).toMatchObject({ error: { data: { code: 'busy' } } });
  await caller.result('resources/unsubscribe', { uri: 'a://0' });
  expect(await subscribe()).toHaveProperty('result');
  expect(await subscribe()).toMatchObject({ error: { data: { code: 'busy' } } });
});
