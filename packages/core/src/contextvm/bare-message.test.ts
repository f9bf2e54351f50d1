import { describe, expect, it } from 'vitest';

import { encodeFrame } from '../frame.ts';
import { MESSAGE_KIND } from '../kinds.ts';
import { decodeBare, encodeBare, isBare } from './bare-message.ts';

const peer = 'a'.repeat(64);
const request = 'e'.repeat(64);

describe('a bare message', () => {
  it('is an event of the message kind with p, then e, then what its author says of itself', () => {
    const message = { requestEvent: request, tags: [['support_encryption']], content: '{}' };
    expect(encodeBare(message, peer, 7)).toEqual({
      kind: MESSAGE_KIND,
      created_at: 7,
      tags: [['p', peer], ['e', request], ['support_encryption']],
      content: '{}',
    });
  });

  it('is read as it was written', () => {
    for (const requestEvent of [request, undefined]) {
      const message = { requestEvent, tags: [['name', 'A'], ['support_encryption']], content: '{}' };
      expect(decodeBare(encodeBare(message, peer, 7))).toEqual(message);
    }
  });

  it('has no link', () => {
    const link = { connection: 'c'.repeat(32), sequence: 0, acknowledged: 0, instance: '' };
    expect(isBare(encodeBare({ tags: [], content: '' }, peer, 7))).toBe(true);
    expect(isBare(encodeFrame({ link, content: '' }, peer, 7))).toBe(false);
  });
});
