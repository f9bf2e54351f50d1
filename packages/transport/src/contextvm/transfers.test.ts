import { parseTransferFrame, transferFrames } from '@mcp-nostr/core/contextvm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { UnfinishedMessages } from '../link/unfinished.ts';
import type { IncomingBare } from '../receiver.ts';
import { bareLimits } from './limits.ts';
import { Transfers, type TransfersOptions } from './transfers.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const text = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'x', params: { text: 'ü"'.repeat(500) } });
const frames = transferFrames(text, { token: '1', maxChunkBytes: 700 });
const [start, ...rest] = frames;
const ofEvent = (id: string): IncomingBare => ({ event: { id } }) as unknown as IncomingBare;

function open(options: Partial<TransfersOptions> = {}) {
  const replies: { frameType: string; reason: string | undefined; to: string }[] = [];
  const failures: string[] = [];
  const sender = { accepted: vi.fn<(token: string) => void>(), refused: vi.fn<(token: string) => void>() };
  const unfinished = new UnfinishedMessages();
  const transfers = new Transfers({
    sender,
    unfinished,
    isKnownToTake: () => true,
    reply: (reply, to) => {
      const frame = parseTransferFrame(JSON.parse(reply));
      const reason = frame?.frameType === 'abort' ? frame.reason : undefined;
      replies.push({ frameType: frame?.frameType ?? '', reason, to: to.event.id });
    },
    onfailed: (error) => failures.push(error.message),
    ...options,
  });
  return { transfers, replies, failures, sender, unfinished };
}

describe('a message in parts', () => {
  it('is had with its last frame, in any order, and stands for the event of its end', () => {
    for (const order of [frames, frames.toReversed(), [...rest, start]]) {
      const { transfers, unfinished } = open();
      const got = order.flatMap((frame) => {
        if (frame === undefined) return [];
        const message = transfers.take(frame, ofEvent(frame.frameType));
        return message === undefined ? [] : [message];
      });
      expect(got).toEqual([{ text, incoming: ofEvent('end') }]);
      expect([transfers.size, transfers.bytes, unfinished.bytes]).toEqual([0, 0, 0]);
    }
  });

  it('begins anew when its token does', () => {
    const { transfers, failures } = open();
    for (const frame of frames.slice(0, 2)) transfers.take(frame, ofEvent('a'));
    const other = transferFrames(`${text} `, { token: '1', maxChunkBytes: 700 });
    const got = other.map((frame) => transfers.take(frame, ofEvent('b')));
    expect(got.at(-1)?.text).toBe(`${text} `);
    expect(failures).toEqual([]);
  });

  it('is accepted at once where the peer cannot know that it may come', () => {
    const { transfers, replies } = open({ isKnownToTake: () => false });
    for (const frame of frames) transfers.take(frame, ofEvent(frame.frameType));
    expect(replies).toEqual([{ frameType: 'accept', reason: undefined, to: 'start' }]);
  });

  it('is accepted late where the peer knows but nothing follows, and not where something does', () => {
    for (const [count, accepts] of [
      [1, 1],
      [2, 0],
    ] as const) {
      const { transfers, replies } = open();
      for (const frame of frames.slice(0, count)) transfers.take(frame, ofEvent('start'));
      expect(replies).toEqual([]);
      vi.advanceTimersByTime(bareLimits.acceptAfterMs);
      expect(replies).toHaveLength(accepts);
    }
  });

  it('of ours is accepted and refused by the peer', () => {
    const { transfers, sender } = open();
    transfers.take({ token: '7', progress: 2, frameType: 'accept' }, ofEvent('a'));
    transfers.take({ token: '8', progress: 2, frameType: 'abort', reason: 'no' }, ofEvent('a'));
    expect(sender.accepted.mock.calls).toEqual([['7']]);
    expect(sender.refused.mock.calls).toEqual([['8', 'no']]);
  });
});

describe('a hostile transfer', () => {
  const declared = { token: '1', progress: 1, frameType: 'start', digest: 'a'.repeat(64) } as const;

  it('that declares 10 bytes and sends without end is refused when the eleventh has come', () => {
    const { transfers, replies, unfinished } = open();
    transfers.take({ ...declared, totalBytes: 10, totalChunks: 10_000 }, ofEvent('start'));
    const data = 'x'.repeat(10_000);
    for (let progress = 2; progress < 10_000; progress++) {
      transfers.take({ token: '1', progress, frameType: 'chunk', data }, ofEvent('chunk'));
      expect(transfers.bytes + unfinished.bytes).toBe(0);
    }
    expect(replies).toEqual([{ frameType: 'abort', reason: 'bad_transfer', to: 'start' }]);
  });

  it('that sends without ever having started holds no more than a message may', () => {
    const { transfers, replies, failures } = open();
    let most = 0;
    for (let progress = 2; progress < 400; progress++) {
      const data = `${progress}`.padEnd(60_000);
      transfers.take({ token: '1', progress, frameType: 'chunk', data }, ofEvent('chunk'));
      most = Math.max(most, transfers.bytes);
    }
    expect(most).toBeLessThan(11_000_000);
    expect(replies).toMatchObject([{ frameType: 'abort', reason: 'too_large' }]);
    expect(failures).toHaveLength(1);
  });

  it('and another with it hold no more than all of a peer may', () => {
    const { transfers, replies } = open();
    let most = 0;
    for (let progress = 2; progress < 170; progress++)
      for (const token of ['a', 'b']) {
        const data = `${progress}`.padEnd(60_000);
        transfers.take({ token, progress, frameType: 'chunk', data }, ofEvent(token));
        most = Math.max(most, transfers.bytes);
      }
    expect(most).toBeLessThan(bareLimits.maxTransferBytes + 61_000);
    expect(replies).toMatchObject([{ frameType: 'abort', reason: 'busy' }]);
  });

  it('one of thousands that are begun is refused, and the refusals come to an end', () => {
    const { transfers, replies } = open();
    for (let token = 0; token < 5_000; token++)
      transfers.take({ ...declared, token: `${token}`, totalBytes: 10, totalChunks: 1 }, ofEvent('start'));
    expect(transfers.size).toBe(bareLimits.maxTransfers);
    expect(replies).toHaveLength(bareLimits.maxFailedTransfers);
    vi.advanceTimersByTime(2 * bareLimits.transferIdleMs);
    expect(transfers.size).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("of one peer touches nothing of another's with the same token", () => {
    const [honest, hostile] = [open(), open()];
    const got: string[] = [];
    for (const frame of frames) {
      hostile.transfers.take({ ...declared, totalBytes: 10, totalChunks: 1 }, ofEvent('x'));
      hostile.transfers.take({ token: '1', progress: 2, frameType: 'chunk', data: 'no' }, ofEvent('x'));
      hostile.transfers.take({ token: '1', progress: 3, frameType: 'abort' }, ofEvent('x'));
      const message = honest.transfers.take(frame, ofEvent('y'));
      if (message !== undefined) got.push(message.text);
    }
    expect(got).toEqual([text]);
  });

  it('gives way when all peers together hold too much, before smaller ones', () => {
    const unfinished = new UnfinishedMessages(100_000);
    const [honest, hostile] = [open({ unfinished }), open({ unfinished })];
    for (const frame of frames.slice(0, 2)) honest.transfers.take(frame, ofEvent('a'));
    for (let progress = 2; progress < 200; progress++) {
      const data = `${progress}`.padEnd(1_000);
      hostile.transfers.take({ token: '1', progress, frameType: 'chunk', data }, ofEvent('b'));
    }
    expect(hostile.replies).toMatchObject([{ frameType: 'abort', reason: 'busy' }]);
    const got = frames.slice(2).map((frame) => honest.transfers.take(frame, ofEvent('a')));
    expect(got.at(-1)?.text).toBe(text);
  });

  it('holds nothing after the end of its connection', () => {
    const { transfers, unfinished, failures } = open();
    for (const frame of frames.slice(0, 3)) transfers.take(frame, ofEvent('a'));
    expect(unfinished.bytes).toBeGreaterThan(0);
    transfers.close();
    for (const frame of frames) expect(transfers.take(frame, ofEvent('a'))).toBeUndefined();
    expect([unfinished.bytes, vi.getTimerCount(), failures.length]).toEqual([0, 0, 0]);
  });

  it('that stands still is given up, and its peer is told', () => {
    const { transfers, replies } = open();
    for (const frame of frames.slice(0, 3)) transfers.take(frame, ofEvent('a'));
    vi.advanceTimersByTime(2 * bareLimits.transferIdleMs);
    expect(replies).toMatchObject([{ frameType: 'abort', reason: 'error' }]);
  });
});
