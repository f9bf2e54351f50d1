import {
  generateSecretKey,
  getPublicKey,
  type NostrEvent,
  secretKeySigner,
  TOOLS_KIND,
} from '@mcp-nostr/core';
import type { PublishOutcome, RelayState } from '@mcp-nostr/transport';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { limits } from '../limits.ts';
import type { McpServerLike } from '../mcp-server.ts';
import type { NostrServerTransport } from '../nostr-server-transport.ts';
import { policyOf } from '../policy.ts';
import { Announcer } from './announcer.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** An MCP server with tools of these names, that answers at once. */
class Tools implements McpServerLike {
  readonly #names: () => string[];
  #transport: NostrServerTransport | undefined;

  constructor(names: () => string[]) {
    this.#names = names;
  }

  async connect(transport: NostrServerTransport): Promise<void> {
    this.#transport = transport;
    transport.onmessage = (message) => {
      if (!('id' in message) || !('method' in message) || message.id === undefined) return;
      const info = { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'a' } };
      const result =
        message.method === 'initialize' ? info : { tools: this.#names().map((name) => ({ name })) };
      void transport.send({ jsonrpc: '2.0', id: message.id, result });
    };
    await transport.start();
  }

  /** Tells that the list is another. */
  change(): void {
    void this.#transport?.send({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
  }

  async close(): Promise<void> {
    await this.#transport?.close();
  }
}

/** An announcer at one relay that the test plays. */
function stage(outcome: () => PublishOutcome = () => 'accepted') {
  const secretKey = generateSecretKey();
  const relay: RelayState = { url: 'ws://relay', status: 'ready' };
  const [published, errors]: [NostrEvent[], string[]] = [[], []];
  const names = ['one'];
  const made: Tools[] = [];
  const factory = vi.fn<() => Tools>(() => {
    const tools = new Tools(() => names);
    made.push(tools);
    return tools;
  });
  const open = (): Announcer<Tools> => {
    const announcer = new Announcer({
      pubkey: getPublicKey(secretKey),
      signer: secretKeySigner(secretKey),
      hosting: { factory, onerror: ({ message }) => errors.push(message) },
      policy: policyOf('public'),
      announce: {},
      support: {},
      onannounced: () => {},
      endpoint: {
        relays: [relay],
        nowSeconds: () => Math.floor(Date.now() / 1_000),
        query: async () => [],
        publish: async (event) => {
          const word = outcome();
          if (word === 'accepted') published.push(event);
          return word;
        },
      },
    });
    announcer.relayChanged(relay);
    return announcer;
  };
  const lists = (): NostrEvent[] => published.filter(({ kind }) => kind === TOOLS_KIND);
  return { open, relay, published, errors, names, made, factory, lists };
}

it('an MCP server that cannot be had, or has ended, is made again after a while', async () => {
  const { open, published, errors, made, factory } = stage();
  factory.mockImplementationOnce(() => {
    throw new Error('no such program');
  });
  const announcer = open();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(published).toEqual([]);
  expect(errors.join()).toContain('no such program');
  await vi.advanceTimersByTimeAsync(limits.announceRetryMinMs);
  expect(published.map(({ kind }) => kind)).toEqual([11_316, TOOLS_KIND]);
  await made[0]?.close();
  await vi.advanceTimersByTimeAsync(limits.announceRetryMinMs + 1_000);
  expect(factory).toHaveBeenCalledTimes(3);
  expect(announcer.servers).toEqual([made[1]]);
  // It shows what it showed before.
  expect(published).toHaveLength(2);
  await announcer.close();
});

it('a list that changes all the time is announced now and then, each time newer than before', async () => {
  const { open, names, made, lists } = stage();
  const announcer = open();
  await vi.advanceTimersByTimeAsync(1_000);
  const seconds = 120;
  for (let i = 0; i < seconds * 4; i++) {
    names[0] = `tool ${i}`;
    made[0]?.change();
    await vi.advanceTimersByTimeAsync(250);
  }
  await vi.advanceTimersByTimeAsync(60_000);
  const most = limits.announceBurst + (seconds / 60 + 1) * limits.announcesPerMinute;
  expect(lists().length).toBeGreaterThan(limits.announceBurst);
  expect(lists().length).toBeLessThanOrEqual(most);
  expect(lists().at(-1)?.content).toContain(`tool ${seconds * 4 - 1}`);
  const times = lists().map((event) => event.created_at);
  expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
  await announcer.close();
});

it('what a relay does not take now it is offered again later, and what it was given is not', async () => {
  const answers: PublishOutcome[] = ['accepted', 'congested'];
  const { open, published, relay } = stage(() => answers.shift() ?? 'accepted');
  const announcer = open();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(published.map(({ kind }) => kind)).toEqual([11_316]);
  await vi.advanceTimersByTimeAsync(limits.announceRetryMinMs);
  expect(published.map(({ kind }) => kind)).toEqual([11_316, TOOLS_KIND]);
  // It comes back with nothing.
  announcer.relayChanged(relay);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(published).toHaveLength(4);
  expect(published[2]).toEqual(published[0]);
  await announcer.close();
});

it('leaves nothing behind when it is closed, whatever it is about', async () => {
  for (const waitMs of [0, 1, 1_000]) {
    const { open, factory, names, made, published } = stage();
    const announcer = open();
    await vi.advanceTimersByTimeAsync(waitMs);
    names[0] = 'another';
    made[0]?.change();
    await announcer.close();
    await announcer.close();
    expect(announcer.servers).toEqual([]);
    const before = [factory.mock.calls.length, published.length];
    await vi.advanceTimersByTimeAsync(10);
    expect(vi.getTimerCount()).toBe(0);
    expect([factory.mock.calls.length, published.length]).toEqual(before);
  }
});
