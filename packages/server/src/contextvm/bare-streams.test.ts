import type { JsonRpcNotification } from '@mcp-nostr/core';
import { formatStreamFrame, parseStreamFrame, type StreamFrame } from '@mcp-nostr/core/contextvm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { BareStreams, frameOf } from './bare-streams.ts';
import { streamLimits } from './stream-limits.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const EVENT = 'e'.repeat(64);

/** What the MCP server writes as it numbers it. */
const written: StreamFrame[] = [
  { token: '7', progress: 1, frameType: 'start' },
  { token: '7', progress: 2, frameType: 'chunk', chunkIndex: 0, data: 'a' },
  { token: '7', progress: 3, frameType: 'chunk', chunkIndex: 1, data: 'b' },
];

function open() {
  const said: (StreamFrame | undefined)[] = [];
  const aborts: JsonRpcNotification[] = [];
  let isOpen = true;
  const streams = new BareStreams({
    say: (text) => said.push(frameOf(text)),
    isOpen: () => isOpen,
    onabort: (abort) => aborts.push(abort),
  });
  const write = (frame: StreamFrame | undefined): StreamFrame | undefined =>
    frame && frameOf(streams.outgoing(frame, EVENT));
  return { streams, said, aborts, write, cancel: () => (isOpen = false) };
}

describe('a stream to a client without a link', () => {
  it('is read from notifications that are frames, and from no others', () => {
    for (const frame of written) expect(frameOf(JSON.stringify(formatStreamFrame(frame)))).toEqual(frame);
    const params = { progressToken: 1, progress: 1, message: 'about "open-stream"' };
    expect(
      frameOf(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params })),
    ).toBeUndefined();
  });

  it('is numbered together with our own frames', async () => {
    const { streams, said, write } = open();
    expect(write(written[0])?.progress).toBe(1);
    streams.heard({ token: '7', progress: 1, frameType: 'ping', nonce: 'n' }, EVENT);
    expect(said).toEqual([{ token: '7', progress: 2, frameType: 'pong', nonce: 'n' }]);
    expect(write(written[1])).toEqual({
      token: '7',
      progress: 3,
      frameType: 'chunk',
      chunkIndex: 0,
      data: 'a',
    });
    await vi.advanceTimersByTimeAsync(streamLimits.idleMs);
    expect(said[1]).toMatchObject({ frameType: 'ping', progress: 4, nonce: '7:1' });
    expect(write(written[2])).toMatchObject({ progress: 5, chunkIndex: 1 });
  });

  it('is closed before the answer, and given up before an error; once it is over nothing is added', () => {
    for (const [answer, last] of [
      [{ result: {} }, { frameType: 'close', lastChunkIndex: 1 }],
      [{ error: { code: 1, message: '' } }, { frameType: 'abort' }],
    ] as const) {
      const { streams, said, write } = open();
      for (const frame of written) write(frame);
      const text = JSON.stringify({ jsonrpc: '2.0', id: 1, ...answer });
      streams.answering(text, EVENT);
      streams.answering(text, EVENT);
      expect(said).toMatchObject([last]);
      expect(vi.getTimerCount()).toBe(0);
    }
    const { streams, said, write } = open();
    for (const frame of written) write(frame);
    write({ token: '7', progress: 4, frameType: 'close', lastChunkIndex: 1 });
    streams.answering('{}', EVENT);
    expect([said, vi.getTimerCount()]).toEqual([[], 0]);
  });

  it('that its reader gives up, or is silent on, is the end of its request', async () => {
    for (const isSilent of [false, true]) {
      const { streams, said, aborts, write } = open();
      write(written[0]);
      if (isSilent) await vi.advanceTimersByTimeAsync(streamLimits.idleMs + streamLimits.pongTimeoutMs);
      else streams.heard({ token: '7', progress: 1, frameType: 'abort', reason: 'x' }, EVENT);
      expect(aborts.map((abort) => parseStreamFrame(abort))).toMatchObject([
        { token: EVENT, frameType: 'abort' },
      ]);
      expect(said.map((frame) => frame?.frameType)).toEqual(isSilent ? ['ping', 'abort'] : []);
      expect(vi.getTimerCount()).toBe(0);
    }
  });

  it('whose reader answers goes on', async () => {
    const { streams, said, aborts, write } = open();
    write(written[0]);
    for (let count = 1; count < 4; count++) {
      await vi.advanceTimersByTimeAsync(streamLimits.idleMs);
      expect(said).toHaveLength(count);
      streams.heard({ token: '7', progress: count, frameType: 'pong', nonce: `7:${count}` }, EVENT);
    }
    expect(aborts).toEqual([]);
    streams.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('of a request that was cancelled asks nobody', async () => {
    const { said, aborts, write, cancel } = open();
    write(written[0]);
    cancel();
    await vi.advanceTimersByTimeAsync(2 * streamLimits.idleMs);
    expect([said, aborts, vi.getTimerCount()]).toEqual([[], [], 0]);
  });
});
