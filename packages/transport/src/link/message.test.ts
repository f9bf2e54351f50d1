import { describe, expect, it } from 'vitest';

import { checkMessageSize, laneOf } from './message.ts';

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
