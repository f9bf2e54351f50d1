import { type JsonRpcMessage, type NostrEvent, parseMessage } from '@mcp-nostr/core';
import { type BareMessage, formatTransferFrame, parseTransferFrame } from '@mcp-nostr/core/contextvm';
import type { Endpoint, IncomingBare } from '@mcp-nostr/transport';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Connections } from '../connections.ts';
import { Entrance } from '../entrance.ts';
import { limits } from '../limits.ts';
import type { McpServerFactory } from '../mcp-server.ts';
import type { NostrServerTransport } from '../nostr-server-transport.ts';
import { type Policy, policyOf } from '../policy.ts';
import type { RequestSummary } from '../requests.ts';
import { Uploads } from '../uploads.ts';
import { BareClients } from './bare-clients.ts';
import type { BareSession } from './bare-session.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const NOW = 1_700_000_000;
const key = 'c'.repeat(64);

/** A server without a socket: what comes in, and what leaves, by the request that it answers. */
function open(options: { factory?: McpServerFactory; policy?: Policy; max?: number } = {}) {
  const left: { json: Record<string, any>; to: string | undefined }[] = [];
  let made = 0;
  const endpoint: Partial<Endpoint> = {
    relays: [],
    relayCount: 1,
    frameBytes: 40_960,
    nowSeconds: () => NOW,
    signBare: async ({ requestEvent, content }: BareMessage) =>
      ({ id: `${++made}`, content, tags: [['e', requestEvent]], created_at: NOW }) as unknown as NostrEvent,
    publish: async ({ content, tags }) => {
      left.push({ json: JSON.parse(content) as Record<string, any>, to: tags[0]?.[1] });
      return 'accepted';
    },
  };
  const clock = (): number => performance.now();
  const connections = new Connections<BareSession>({ max: options.max ?? 100, strangersShare: 1 });
  const errors: string[] = [];
  const summaries: RequestSummary[] = [];
  const clients = new BareClients({
    endpoint: endpoint as Endpoint,
    encryption: 'required',
    introduction: [],
    policy: options.policy ?? policyOf('public'),
    entrance: new Entrance({
      refusals: 'answer',
      strangersShare: 1,
      clock,
      makeRoom: (pubkey, isKnown) => connections.makeRoom(pubkey, isKnown),
      blockedMs: () => 0,
    }),
    connections,
    unfinished: new Uploads(),
    hosting: {
      factory: options.factory ?? (() => answering()),
      onerror: ({ message }) => errors.push(message),
    },
    usage: () => undefined,
    onrival: () => {},
    onrequest: (summary) => summaries.push(summary),
  });
  let sent = 0;
  const receive = (
    message: object | string,
    given: Partial<IncomingBare> & { late?: number } = {},
  ): string => {
    const content = typeof message === 'string' ? message : JSON.stringify({ jsonrpc: '2.0', ...message });
    const id = `event ${++sent}`;
    const event = { id, pubkey: key, created_at: NOW - (given.late ?? 0), content, tags: [] };
    clients.receive({
      event: event as unknown as NostrEvent,
      message: { tags: [], content },
      bytes: content.length,
      form: 'ephemeral',
      relay: 'ws://relay',
      ...given,
    });
    return id;
  };
  const settle = () => vi.advanceTimersByTimeAsync(1);
  return { clients, connections, left, errors, summaries, receive, settle };
}

/** Answers each request with its method, and notes what it heard. */
function answering(heard: string[] = []) {
  return {
    connect: async (transport: NostrServerTransport) => {
      transport.onmessage = (message: JsonRpcMessage) => {
        if (!('method' in message)) return;
        heard.push(message.method);
        if ('id' in message)
          transport
            .send({ jsonrpc: '2.0', id: message.id, result: { method: message.method } })
            .catch(() => {});
      };
      await transport.start();
    },
    close: async () => {},
  };
}

const never: McpServerFactory = () => new Promise(() => {});
const codes = (left: ReturnType<typeof open>['left']) => left.map(({ json }) => json['error']?.data?.code);

describe('a session without a link', () => {
  it('begins with what its client has not said, in order, and reports nothing of it', async () => {
    const heard: string[] = [];
    const { receive, left, settle, summaries } = open({ factory: () => answering(heard) });
    const [first, second] = [
      receive({ id: 1, method: 'tools/call' }),
      receive({ id: 1, method: 'tools/list' }),
    ];
    receive({ method: 'notifications/x' });
    for (let turn = 0; turn < 9; turn++) await settle();
    expect(heard).toEqual([
      'initialize',
      'notifications/initialized',
      'tools/call',
      'tools/list',
      'notifications/x',
    ]);
    expect(left.map(({ json, to }) => [to, json['id'], json['result'].method])).toEqual([
      [first, 1, 'tools/call'],
      [second, 1, 'tools/list'],
    ]);
    expect(summaries.map(({ event }) => event)).toEqual([first, second]);
  });

  it('of which no MCP server can be made answers that', async () => {
    const factory: McpServerFactory = () => {
      throw new Error('no such program');
    };
    const { receive, left, settle, connections } = open({ factory });
    receive({ id: 1, method: 'tools/call' });
    receive({ id: 2, method: 'tools/list' });
    for (let turn = 0; turn < 9; turn++) await settle();
    expect(codes(left)).toEqual(['server_failed', 'server_failed']);
    expect(connections.size).toBe(0);
  });

  it('keeps so much that waits for its MCP server, and answers the rest', async () => {
    const { receive, left, settle, connections } = open({ factory: never });
    for (let id = 0; id <= limits.maxEarlyMessages; id++) receive({ id, method: 'tools/list' });
    await settle();
    expect(left.map(({ json }) => [json['id'], json['error'].data.code])).toEqual([
      [limits.maxEarlyMessages, 'busy'],
    ]);
    const [session] = connections.all;
    void session?.close('idle');
    await settle();
    expect(new Set(codes(left).slice(1))).toEqual(new Set(['outcome_unknown']));
    expect(left).toHaveLength(limits.maxEarlyMessages + 1);
  });

  it('is busy while its client may wait, for ten minutes without a word of it', async () => {
    const { receive, settle, connections } = open({ factory: never });
    receive({ id: 1, method: 'tools/call' });
    await settle();
    const [session] = connections.all;
    expect([session?.isIdle, session?.isAbandoned]).toEqual([false, false]);
    await vi.advanceTimersByTimeAsync(limits.workProtectsMs);
    expect([session?.isIdle, session?.isAbandoned]).toEqual([true, true]);
    receive({ method: 'notifications/x' });
    expect([session?.isIdle, session?.isAbandoned]).toEqual([false, false]);
  });

  it('is not kept by what its client says in the one that followed it', async () => {
    const { receive, settle, connections } = open({ factory: never });
    receive({ id: 1, method: 'tools/call' });
    receive({ id: 2, method: 'initialize' });
    await settle();
    await vi.advanceTimersByTimeAsync(limits.workProtectsMs);
    receive({ method: 'notifications/x' });
    expect(connections.all.map(({ isAbandoned }) => isAbandoned)).toEqual([true, false]);
  });
});

describe('a message in frames of a key without a session', () => {
  const start = formatTransferFrame({
    token: 't',
    progress: 1,
    frameType: 'start',
    digest: 'a'.repeat(64),
    totalBytes: 10,
    totalChunks: 1,
  });
  const chunk = formatTransferFrame({ token: 't', progress: 2, frameType: 'chunk', data: 'x' });
  const reasonOf = ({ json }: { json: object }): unknown => {
    const frame = parseTransferFrame(parseMessage(JSON.stringify(json)));
    return frame?.frameType === 'abort' ? frame.reason : frame?.frameType;
  };

  it('takes a seat and no MCP server', async () => {
    const heard: string[] = [];
    const { receive, connections, left, settle } = open({ factory: () => answering(heard) });
    receive(start);
    await settle();
    expect([connections.size, connections.all[0]?.isIdle, heard]).toEqual([1, true, []]);
    expect(left.map(reasonOf)).toEqual(['accept']);
    void connections.all[0]?.close('idle');
    await vi.advanceTimersByTimeAsync(600_000);
    expect([connections.size, left.length]).toEqual([0, 1]);
  });

  it('is given up where there is no room, or no permission, with its first frame', async () => {
    const full = open({ max: 0 });
    const denied = open({ policy: policyOf([]) });
    for (const { receive, settle } of [full, denied]) {
      for (const frame of [start, chunk, chunk]) receive(frame);
      await settle();
    }
    expect([full.left.map(reasonOf), denied.left.map(reasonOf)]).toEqual([['busy'], ['not_allowed']]);
    expect(full.left[0]?.to).toBeUndefined();
  });

  it('ends nothing when it makes no sense', async () => {
    const { receive, left, errors, settle } = open();
    receive({ method: 'notifications/progress', params: { cvm: { type: 'oversized-transfer' } } });
    receive('{');
    await settle();
    expect(errors).toHaveLength(2);
    expect(left.map(({ json }) => json['error'].code)).toEqual([-32_700]);
  });
});
