import { generateSecretKey } from '@mcp-nostr/core';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { CallToolResultSchema, EmptyResultSchema, ErrorCode } from '@modelcontextprotocol/sdk/types.js';
import { expect } from 'vitest';

import { DualEraServer } from '../helpers/dual-era-server.ts';
import type { Cell } from './cells.ts';
import type { ConnectOptions, Stage } from './stage.ts';
import { watchStamps } from './stamps.ts';

/** What must come about on a stage; rejects where it does not. */
export type Behaviour = (stage: Stage) => Promise<void>;

const connects: Behaviour = async (stage) => {
  const client = await stage.client();
  if (stage.cell.start === 'initialize')
    expect(client.getServerVersion()).toEqual({ name: 'interop', version: '1.0.0' });
  await client.ping(stage.requestOptions);
};

const lists: Behaviour = async (stage) => {
  const client = await stage.client();
  const { tools } = await client.listTools({}, stage.requestOptions);
  expect(tools.map(({ name }) => name)).toEqual(['echo', 'fail', 'count', 'wait', 'progress']);
};

const calls: Behaviour = async (stage) => {
  const client = await stage.client();
  expect(await call(stage, client, 'echo', { text: 'grüße 🌍\nzeile' })).toEqual(text('grüße 🌍\nzeile'));
};

const executesOnce: Behaviour = async (stage) => {
  const client = await stage.client();
  const { executions } = stage.tools;
  const keys = ['one', 'two', 'three'];
  executions.clear();
  for (const key of keys) expect(await call(stage, client, 'count', { key })).toEqual(text(key));
  // A copy that came by the other relay would have been executed by now.
  await client.ping(stage.requestOptions);
  expect([...executions]).toEqual(keys.map((key) => [key, 1]));
};

const reportsProgress: Behaviour = async (stage) => {
  const client = await stage.client();
  const { seen, result } = callWithProgress(stage, client, { name: 'steps', steps: 3 });
  expect(await result).toEqual(text('steps'));
  expect(seen).toEqual(['steps 1', 'steps 2', 'steps 3']);
};

const reportsErrors: Behaviour = async (stage) => {
  const client = await stage.client();
  expect(await call(stage, client, 'fail', {})).toMatchObject({
    isError: true,
    content: [{ text: 'the tool failed on purpose' }],
  });
  const unknown = client.request({ method: 'interop/unknown' }, EmptyResultSchema, stage.requestOptions);
  await expect(unknown).rejects.toMatchObject({ code: ErrorCode.MethodNotFound });
  // And it goes on.
  expect(await call(stage, client, 'echo', { text: 'after' })).toEqual(text('after'));
};

/** Both give their requests the same ids and progress tokens, as clients of the SDK do. */
const servesTwo: Behaviour = async (stage) => {
  const [first, second] = await Promise.all([stage.connect(), stage.connect()]);
  const gate = `both ${stage.tools.started.count}`;
  const one = callWithProgress(stage, first, { name: 'one', steps: 3, gate });
  const two = callWithProgress(stage, second, { name: 'two', steps: 3, gate });
  const { started, gates } = stage.tools;
  const begun = ['one', 'two'].map((name) => started.next((each) => each === name));
  await Promise.all(begun);
  gates.of(gate).open();
  expect(await Promise.all([one.result, two.result])).toEqual([text('one'), text('two')]);
  expect(one.seen).toEqual(['one 1', 'one 2', 'one 3']);
  expect(two.seen).toEqual(['two 1', 'two 2', 'two 3']);
};

const reconnects: Behaviour = async (stage) => {
  const secretKey = generateSecretKey();
  const first = await stage.connect({ secretKey });
  expect(await call(stage, first, 'echo', { text: 'first' })).toEqual(text('first'));
  await first.close();
  // Theirs would say the same in the same second, which makes it the same event.
  if (!stage.isOurClient) await stage.nextSecond();
  const again = await stage.connect({ secretKey });
  expect(await call(stage, again, 'echo', { text: 'again' })).toEqual(text('again'));
  const { tools } = await again.listTools({}, stage.requestOptions);
  expect(tools).toHaveLength(5);
};

/** With our clock that far ahead of theirs. */
function skewed(aheadMs: number): Behaviour {
  return async (stage) => {
    const keys = { server: generateSecretKey(), client: generateSecretKey() };
    const stamps = await watchStamps(stage.relayUrls, stage.isOurServer ? keys.client : keys.server);
    const startSeconds = Math.floor(Date.now() / 1000);
    try {
      const server = await stage.serve({ aheadMs, isOld: true, secretKey: keys.server });
      const client = await stage.connect({ aheadMs, server, secretKey: keys.client });
      const { seen, result } = callWithProgress(stage, client, { name: 'skewed', steps: 2 });
      expect(await result).toEqual(text('skewed'));
      expect(seen).toEqual(['skewed 1', 'skewed 2']);
      expect(await call(stage, client, 'echo', { text: 'later' })).toEqual(text('later'));
      const ofOurs = await stamps.seen();
      expect(ofOurs.length).toBeGreaterThan(1);
      // Nothing of ours has the time of another clock: only of a slow one is it the peer's where that would miss it.
      if (aheadMs > 0) expect(Math.min(...ofOurs)).toBeGreaterThanOrEqual(startSeconds + aheadMs / 1000);
    } finally {
      await stamps.close();
    }
  };
}

/** A peer that encrypts nothing hears no plain text from us unless we were told to. */
export const refused: Behaviour = async (stage) => {
  const server = await stage.serve({ encryption: 'required', isAnnounced: true });
  const use = async (): Promise<unknown> => {
    const client = await stage.connect({ server, encryption: 'required' });
    return client.listTools({}, stage.requestOptions);
  };
  const reason = stage.isOurServer ? /encrypt/ : /speaks plain text only.*encryption 'none'/;
  await expect(use()).rejects.toThrow(reason);
};

interface Modes {
  encryption: 'none' | 'optional';
}

/** What else our end can be told that the peer can do with; a name for each. */
function otherModes({ direction, encryption }: Cell): [string, Modes][] {
  if (direction === 'our client, their server')
    return encryption === 'optional' ? [['our client in plain text', { encryption: 'none' }]] : [];
  return encryption === 'disabled'
    ? [['our server for plain text only', { encryption: 'none' }]]
    : [['our server with plain text allowed', { encryption: 'optional' }]];
}

function worksWith(mode: Modes): Behaviour {
  return async (stage) => {
    const { encryption } = mode;
    const server = await stage.serve({ encryption });
    await worksAt(stage, server, encryption === 'none' ? { encryption } : {});
  };
}

export async function worksAt(stage: Stage, server: string, options: ConnectOptions = {}): Promise<void> {
  const client = await stage.connect({ ...options, server });
  const { timeoutMs: timeout } = { timeoutMs: stage.requestOptions.timeout, ...options };
  const result = client.callTool({ name: 'echo', arguments: { text: 'so' } }, undefined, { timeout });
  expect(await result).toEqual(text('so'));
}

/** MCP 2026-07-28 has no handshake in any case. */
const speaksModern: Behaviour = async (stage) => {
  const server = await stage.serve({ factory: new DualEraServer().create });
  const client = await stage.connectModern(server);
  expect(await client.callTool({ name: 'echo', arguments: { text: 'modern' } })).toMatchObject(
    text('modern'),
  );
  const seen: number[] = [];
  const onprogress = ({ progress }: { progress: number }): void => void seen.push(progress);
  await client.callTool({ name: 'progress', arguments: { steps: 2 } }, { onprogress });
  expect(seen).toEqual([1, 2]);
};

/** All that one client does, in one go. */
export const goesThrough: Behaviour = async (stage) => {
  const client = await stage.client();
  await client.ping(stage.requestOptions);
  expect((await client.listTools({}, stage.requestOptions)).tools).toHaveLength(5);
  expect(await call(stage, client, 'count', { key: 'through' })).toEqual(text('through'));
  const { seen, result } = callWithProgress(stage, client, { name: 'steps', steps: 2 });
  expect(await result).toEqual(text('steps'));
  expect(seen).toEqual(['steps 1', 'steps 2']);
  expect(await call(stage, client, 'fail', {})).toMatchObject({ isError: true });
  expect(stage.tools.executions.get('through')).toBe(1);
};

/** What every cell must do, by the name that it has in the matrix. */
export const behaviours: readonly [string, Behaviour][] = [
  ['connect', connects],
  ['list', lists],
  ['call', calls],
  ['each call once', executesOnce],
  ['progress', reportsProgress],
  ['error', reportsErrors],
  ['two clients at once', servesTwo],
  ['reconnect with the same key', reconnects],
];

/** What a cell with us at one end must do. */
export function behavioursOf(cell: Cell): [string, Behaviour][] {
  const all = [
    ...behaviours,
    ['our clock 10 s slow', skewed(-10_000)] as const,
    ['our clock 10 s fast', skewed(10_000)] as const,
    ...otherModes(cell).map(([name, mode]) => [name, worksWith(mode)] as const),
  ];
  if (cell.start === 'stateless') all.push(['MCP 2026-07-28', speaksModern]);
  if (cell.encryption === 'disabled') all.push(['refused in our default mode', refused]);
  return all.map(([name, behaviour]) => [name, behaviour]);
}

export function call(
  stage: Stage,
  client: Client,
  name: string,
  given: Record<string, unknown>,
): ReturnType<Client['callTool']> {
  return client.callTool({ name, arguments: given }, CallToolResultSchema, stage.requestOptions);
}

function callWithProgress(
  stage: Stage,
  client: Client,
  given: { name: string; steps: number; gate?: string },
): { seen: string[]; result: ReturnType<Client['callTool']> } {
  const seen: string[] = [];
  const onprogress = ({ message = '' }: { message?: string | undefined }): void => void seen.push(message);
  const result = client.callTool({ name: 'progress', arguments: given }, CallToolResultSchema, {
    ...stage.requestOptions,
    onprogress,
  });
  return { seen, result };
}

export function text(value: string): { content: [{ type: 'text'; text: string }] } {
  return { content: [{ type: 'text', text: value }] };
}
