import { isRecord, type JsonRpcMessage, type JsonRpcNotification } from '@mcp-nostr/core';
import { formatStreamFrame, parseStreamFrame, type StreamFrame } from '@mcp-nostr/core/contextvm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { IncomingStream } from './open-stream.ts';
import { streamLimits } from './stream-limits.ts';
import { Streams } from './streams.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

type Said = StreamFrame extends infer Frame
  ? Frame extends unknown
    ? Omit<Frame, 'token' | 'progress'>
    : never
  : never;

/** A stream of a request that was sent, and what the server says on it. */
function open(isBare = true) {
  const sent: StreamFrame[] = [];
  const streams = new Streams({
    isBare: () => isBare,
    send: (message: JsonRpcNotification) => {
      const frame = parseStreamFrame(message);
      if (frame !== undefined) sent.push(frame);
    },
  });
  const stream = streams.open();
  const params = { _meta: { progressToken: stream.token } };
  streams.sent({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
  let progress = 0;
  const say = (frame: Said): boolean =>
    streams.takes(formatStreamFrame({ token: stream.token, progress: ++progress, ...frame }));
  const chunk = (chunkIndex: number, data = `${chunkIndex} `): boolean =>
    say({ frameType: 'chunk', chunkIndex, data });
  const answer = (message: object = { result: {} }): boolean =>
    streams.takes({ jsonrpc: '2.0', id: 1, ...message } as JsonRpcMessage);
  return { streams, stream, sent, say, chunk, answer };
}

/** What was read, and how it ended. */
async function read(stream: IncomingStream): Promise<[string, string]> {
  let text = '';
  try {
    for await (const chunk of stream) text += chunk;
    return [text, 'end'];
  } catch (error) {
    return [text, isRecord(error) || error instanceof Error ? String(Reflect.get(error, 'code')) : ''];
  }
}

describe('an open stream', () => {
  it('is read in order, whatever order it came in', async () => {
    const { stream, say, chunk } = open();
    chunk(1);
    say({ frameType: 'close', lastChunkIndex: 3 });
    chunk(0);
    say({ frameType: 'start' });
    chunk(3);
    chunk(2);
    expect(await read(stream)).toEqual(['0 1 2 3 ', 'end']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is no business of the SDK, even when it is over, while other progress and other streams are', () => {
    const { streams, stream, say, chunk } = open();
    expect([chunk(0), say({ frameType: 'close', lastChunkIndex: 0 }), chunk(1)]).toEqual([true, true, true]);
    const params = { progressToken: stream.token, progress: 1 };
    expect(streams.takes({ jsonrpc: '2.0', method: 'notifications/progress', params })).toBe(false);
    const other = formatStreamFrame({ token: '7', progress: 1, frameType: 'start' });
    expect(streams.takes(other)).toBe(false);
  });

  it('ends with the answer of a server that has a link, and of one that streams nothing', async () => {
    for (const isBare of [true, false]) {
      const { stream, chunk, answer } = open(isBare);
      if (!isBare) chunk(0);
      answer();
      expect(await read(stream)).toEqual([isBare ? '' : '0 ', 'end']);
    }
  });

  it('takes what a relay brings after the answer, and does not wait for ever', async () => {
    for (const comes of [true, false]) {
      const { stream, chunk, say, answer } = open();
      chunk(0);
      answer();
      const reading = read(stream);
      await vi.advanceTimersByTimeAsync(streamLimits.graceMs - 1);
      if (comes) say({ frameType: 'close', lastChunkIndex: 1 });
      if (comes) chunk(1);
      await vi.advanceTimersByTimeAsync(1);
      expect(await reading).toEqual(comes ? ['0 1 ', 'end'] : ['0 ', 'incomplete']);
    }
  });

  it.each([
    [
      'its server gives up',
      ({ say }: ReturnType<typeof open>) => say({ frameType: 'abort', reason: 'x' }),
      'aborted',
    ],
    [
      'of a request that fails',
      ({ answer }) => answer({ error: { code: 1, message: 'x' } }),
      'request_failed',
    ],
    ['of a transport that is closed', ({ streams }) => streams.close(), 'closed'],
    [
      'of a request that is cancelled',
      ({ streams }) =>
        streams.sent({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } }),
      'request_failed',
    ],
  ] satisfies [string, (world: ReturnType<typeof open>) => unknown, string][])(
    '%s fails behind what has come',
    async (_, happen, code) => {
      const world = open();
      world.chunk(0);
      happen(world);
      expect(await read(world.stream)).toEqual(['0 ', code]);
      expect(await read(world.stream)).toEqual(['', 'end']);
      expect(world.sent).toEqual([]);
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  it('that is cancelled ends for its reader, and the server is told once', async () => {
    const { stream, chunk, sent } = open();
    chunk(0);
    const reading = read(stream);
    await vi.advanceTimersByTimeAsync(0);
    stream.cancel('enough');
    stream.cancel();
    expect(await reading).toEqual(['0 ', 'end']);
    expect(sent).toMatchObject([{ frameType: 'abort', reason: 'enough', progress: 1 }]);
  });

  it('that is cancelled before its request was sent concerns no server', () => {
    const { streams, sent } = open();
    streams.open().cancel();
    expect(sent).toEqual([]);
  });

  it('holds no more than may wait for its reader', async () => {
    const { stream, chunk, sent } = open();
    const data = 'x'.repeat(100_000);
    for (let i = 0; i < 100; i++) chunk(i, data);
    expect(sent).toMatchObject([{ frameType: 'abort', reason: 'unread' }]);
    const [text, code] = await read(stream);
    expect(text.length).toBeLessThanOrEqual(streamLimits.maxUnreadBytes + data.length);
    expect(code).toBe('unread');
  });

  it('of which too much has come before what is missing fails', async () => {
    const { stream, chunk, sent } = open();
    for (let i = 1; i < 80; i++) chunk(i);
    expect(await read(stream)).toEqual(['', 'bad_stream']);
    expect(sent).toMatchObject([{ frameType: 'abort' }]);
  });

  it('answers pings, and asks a server without a link that is silent', async () => {
    const { stream, say, sent } = open();
    say({ frameType: 'start' });
    say({ frameType: 'ping', nonce: 'n' });
    expect(sent).toMatchObject([{ frameType: 'pong', nonce: 'n', progress: 1 }]);
    await vi.advanceTimersByTimeAsync(streamLimits.idleMs);
    expect(sent[1]).toMatchObject({ frameType: 'ping', progress: 2 });
    say({ frameType: 'pong', nonce: 'x' });
    await vi.advanceTimersByTimeAsync(streamLimits.idleMs);
    expect(sent).toHaveLength(3);
    const reading = read(stream);
    await vi.advanceTimersByTimeAsync(streamLimits.pongTimeoutMs);
    expect(await reading).toEqual(['', 'silent']);
    expect(sent.at(-1)).toMatchObject({ frameType: 'abort', reason: 'silent' });
  });

  it('asks no server that has a link: that is the link itself', () => {
    const { say } = open(false);
    say({ frameType: 'start' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is one of a bounded number', () => {
    const { streams, stream } = open();
    for (let count = 1; count < streamLimits.maxStreams; count++) streams.open();
    expect(() => streams.open()).toThrow('cancel those that are not needed');
    stream.cancel();
    streams.open();
  });
});
