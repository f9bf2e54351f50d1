import { failureCodes, generateSecretKey } from '@mcp-nostr/core';
import type { Relay } from '@mcp-nostr/relay';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { Recorder } from '../helpers/recorder.ts';
import { call, text } from './behaviours.ts';
import type { Cell } from './cells.ts';
import { openRelays, Stage } from './stage.ts';
import { theirClientTransport } from './theirs.ts';

const usual = { encryption: 'optional', wraps: 'optional', start: 'initialize', relays: 1 } as const;
const plain = { ...usual, encryption: 'disabled' } as const;

const relays: Relay[] = [];
const stages: Stage[] = [];
beforeAll(async () => void relays.push(...(await openRelays())));
afterEach(async () => void (await Promise.all(stages.splice(0).map((stage) => stage.close()))));
afterAll(async () => void (await Promise.all(relays.map((relay) => relay.close()))));

function open(direction: Cell['direction'], values: Omit<Cell, 'direction'> = usual): Stage {
  const stage = new Stage({ direction, ...values }, relays);
  stages.push(stage);
  return stage;
}

/** Cancelled when it has begun. */
async function cancelled(stage: Stage, client: Client, name: string): Promise<void> {
  const abort = new AbortController();
  const options = { ...stage.requestOptions, signal: abort.signal };
  const waiting = client.callTool({ name: 'wait', arguments: { name } }, undefined, options);
  waiting.catch(() => {});
  await stage.tools.started.first((each) => each === name);
  abort.abort('not wanted any more');
  await expect(waiting).rejects.toThrow('not wanted any more');
}

describe('their client at our server', () => {
  it.each([
    ['encrypted', usual],
    ['plain', plain],
  ])('gets its own answers beside another program with its key, %s', async (_, values) => {
    const stage = open('their client, our server', values);
    const secretKey = generateSecretKey();
    const first = await stage.connect({ secretKey });
    await stage.nextSecond();
    const second = await stage.connect({ secretKey });
    const said = ['a', 'b', 'c', 'd'];
    const results = said.flatMap((each) =>
      [first, second].map((client, i) => call(stage, client, 'echo', { text: `${each} ${i}` })),
    );
    const expected = said.flatMap((each) => [text(`${each} 0`), text(`${each} 1`)]);
    expect(await Promise.all(results)).toEqual(expected);
  });

  it('learns each time that it connects what the server can do', async () => {
    const stage = open('their client, our server');
    const server = await stage.server();
    const secretKey = generateSecretKey();
    for (let i = 0; i < 2; i++) {
      const transport = theirClientTransport(stage.cell, server, { relays: stage.relayUrls, secretKey });
      const client = new Client({ name: 'learning', version: `${i}` });
      await client.connect(transport);
      expect(transport.serverSupportsEphemeralEncryption()).toBe(true);
      expect(transport.getServerInitializeEvent()?.tags).toContainEqual(['support_oversized_transfer']);
      await client.close();
    }
  });

  it('has its call cancelled', async () => {
    const stage = open('their client, our server');
    const client = await stage.connect();
    await cancelled(stage, client, 'unwanted');
    expect(await stage.tools.aborted.first()).toBe('unwanted');
    expect(await call(stage, client, 'echo', { text: 'after' })).toEqual(text('after'));
  });

  it('goes on when the server is started again', async () => {
    const stage = open('their client, our server');
    const secretKey = generateSecretKey();
    const server = await stage.serve({ secretKey });
    const client = await stage.connect({ server });
    expect(await call(stage, client, 'echo', { text: 'before' })).toEqual(text('before'));
    await stage.closeServers();
    await stage.serve({ secretKey, isOld: true });
    expect(await call(stage, client, 'echo', { text: 'after' })).toEqual(text('after'));
  });

  it('hears of changes that concern it, once, and not of those of others', async () => {
    const stage = open('their client, our server');
    const heard = [1, 2].map(() => new Recorder<string>('news of the tools'));
    for (const recorder of heard) {
      const client = await stage.connect();
      client.setNotificationHandler(ToolListChangedNotificationSchema, ({ method }) => recorder.add(method));
      await client.ping(stage.requestOptions);
    }
    stage.tools.servers[0]?.sendToolListChanged();
    await heard[0]?.first();
    stage.tools.servers[1]?.sendToolListChanged();
    await heard[1]?.first();
    expect(heard.map(({ count }) => count)).toEqual([1, 1]);
  });

  it('connects to a server that has just begun by a fast clock, and is told when it may call', async () => {
    const stage = open('their client, our server');
    const server = await stage.serve({ aheadMs: 30_000 });
    const client = await stage.connect({ server });
    expect((await client.listTools({}, stage.requestOptions)).tools).toHaveLength(5);
    // What a process before it has executed nobody has kept here.
    await expect(call(stage, client, 'count', { key: 'early' })).rejects.toMatchObject({
      code: failureCodes.outcome_unknown,
      data: { code: 'outcome_unknown', retryAfterMs: expect.any(Number) },
    });
    expect([...stage.tools.executions]).toEqual([]);
  });
});

describe('our client at their server', () => {
  it('connects at once with the key that it had, in the same second', async () => {
    const stage = open('our client, their server');
    await stage.server();
    const secretKey = generateSecretKey();
    await stage.nextSecond();
    for (const name of ['first', 'second', 'third']) {
      const client = await stage.connect({ secretKey });
      expect(await call(stage, client, 'echo', { text: name })).toEqual(text(name));
      await client.close();
    }
  });

  it.each([
    ['encrypted', usual],
    ['plain', plain],
  ])('gets its own answers beside another program with its key, %s', async (_, values) => {
    const stage = open('our client, their server', values);
    const secretKey = generateSecretKey();
    const clients = [await stage.connect({ secretKey }), await stage.connect({ secretKey })];
    const said = ['a', 'b', 'c', 'd'];
    const results = said.flatMap((each) =>
      clients.map((client, i) => call(stage, client, 'echo', { text: `${each} ${i}` })),
    );
    const expected = said.flatMap((each) => [text(`${each} 0`), text(`${each} 1`)]);
    expect(await Promise.all(results)).toEqual(expected);
    expect(stage.errors.items).toEqual([]);
  });

  it('takes a call back, which theirs does not understand, and goes on', async () => {
    const stage = open('our client, their server');
    const client = await stage.connect();
    await cancelled(stage, client, 'unwanted');
    expect(await call(stage, client, 'echo', { text: 'after' })).toEqual(text('after'));
    stage.tools.gates.of('unwanted').open();
  });

  it.each([
    ['encrypted', usual],
    ['persistent', { ...usual, wraps: 'persistent' } as const],
    ['plain', plain],
  ])('connects by a slow clock to a server that has just begun, %s', async (_, values) => {
    const stage = open('our client, their server', values);
    const client = await stage.connect({ server: await stage.serve(), aheadMs: -10_000 });
    expect(await call(stage, client, 'echo', { text: 'slow' })).toEqual(text('slow'));
  });

  it('says that nobody answers where a plain server is not announced', async () => {
    const stage = open('our client, their server', plain);
    const server = await stage.serve();
    await expect(stage.connect({ server, encryption: 'required' })).rejects.toMatchObject({
      code: failureCodes.server_silent,
      message: expect.stringContaining("encryption 'none'"),
    });
    expect(stage.tools.executions.size).toBe(0);
  });
});
