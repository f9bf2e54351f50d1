import { describe, expect, it } from 'vitest';

import { checkMessageSize, laneOf, messageText } from './message.ts';

const MAX = 10_485_760;

describe('a message', () => {
  it('of 10 MiB can be sent, and not one byte more', () => {
    expect(() => checkMessageSize('x'.repeat(MAX))).not.toThrow();
    expect(() => checkMessageSize('x'.repeat(MAX + 1))).toThrow(
      expect.objectContaining({ code: 'message_too_large', data: { bytes: MAX + 1, maxBytes: MAX } }),
    );
  });

  it('is measured in bytes of UTF-8 and not in characters', () => {
    expect(() => checkMessageSize('€'.repeat(MAX / 3))).not.toThrow();
    expect(() => checkMessageSize(`${'€'.repeat(MAX / 3)}€`)).toThrow(/10485762 bytes/);
  });

  it('deeper than its peer would read is not sent, and one that cannot even be written is not either', () => {
    const nested = (levels: number): unknown => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);
    const message = (levels: number) =>
      ({ jsonrpc: '2.0', method: 'a', params: { a: nested(levels - 2) } }) as const;
    expect(messageText(message(256))).toBe(JSON.stringify(message(256)));
    for (const levels of [257, 100_000])
      expect(() => messageText(message(levels))).toThrow(
        expect.objectContaining({ code: 'message_too_large', data: { maxDepth: 256 } }),
      );
  });

  it('keeps its order with those of the same request: progress, questions, the answer', () => {
    expect(laneOf({ text: '', sort: 'notification', relation: '7' })).toBe('7');
    expect(laneOf({ text: '', sort: 'request', id: '1', relation: '7' })).toBe('7');
    expect(laneOf({ text: '', sort: 'response', id: '7' })).toBe('7');
  });

  it('of no request has nothing to keep order with', () => {
    expect(laneOf({ text: '', sort: 'request', id: '7' })).toBeUndefined();
    expect(laneOf({ text: '', sort: 'notification' })).toBeUndefined();
  });
});
