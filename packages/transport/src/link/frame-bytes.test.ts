import { encodeFrame, frameBytesFor, limits } from '@mcp-nostr/core';
import { describe, expect, it } from 'vitest';

import { linkLimits } from './limits.ts';
import type { OutgoingMessage } from './message.ts';
import { CONNECTION, INSTANCE } from './pair.test.support.ts';
import { type Content, Outbox } from './outbox.ts';

const HEX = 'f'.repeat(64);
/** What a header has at most: long numbers, and as many ranges as are written. */
const link = {
  connection: CONNECTION,
  sequence: 10 ** 15 - 1,
  acknowledged: 10 ** 14,
  instance: INSTANCE,
  detail: 'f'.repeat(16),
  held: Array.from({ length: 16 }, (_, index): [number, number] => {
    const first = 10 ** 14 + 10 * (index + 1);
    return [first, first + 5];
  }),
};

/** Numbers from 0 to below 1 that are the same for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const SNIPPETS = [
  '"',
  '\\',
  'ü',
  '€',
  '🌍',
  '👩‍👩‍👧',
  '\n',
  '\t',
  '\u0001',
  '\u2028',
  '\ud800',
  'plain',
  ' ',
  '{',
  '\u007f',
];

function randomText(random: () => number, maxLength: number): string {
  const length = Math.floor(random() * maxLength);
  // Mostly of one kind, so that the extremes come up too.
  const kind = SNIPPETS[Math.floor(random() * SNIPPETS.length)] ?? '';
  let text = '';
  while (text.length < length)
    text += random() < 0.8 ? kind : (SNIPPETS[Math.floor(random() * SNIPPETS.length)] ?? '');
  return text.slice(0, length);
}

function randomMessage(random: () => number, maxBytes: number, maxIdLength: number): OutgoingMessage {
  const size = random() < 0.3 ? 3 * maxBytes : random() < 0.5 ? maxBytes : maxBytes / 10;
  const id = random() < 0.7 ? randomText(random, maxIdLength) : undefined;
  const message = { jsonrpc: '2.0', id, result: { text: randomText(random, size) } };
  return {
    text: JSON.stringify(message),
    sort: id === undefined ? 'notification' : 'response',
    id: id === undefined ? undefined : JSON.stringify(id),
    relation: random() < 0.5 ? JSON.stringify(randomText(random, maxIdLength)) : undefined,
    requestEvent: random() < 0.5 ? HEX : undefined,
  };
}

/** The event as it is wrapped. */
function plaintextBytes({ content, relations, part, requestEvent }: Content): number {
  const frame = {
    link,
    content,
    ...(relations === undefined ? {} : { relations }),
    ...(part === undefined ? {} : { part }),
    ...(requestEvent === undefined ? {} : { requestEvent }),
  };
  const event = { id: HEX, pubkey: HEX, sig: HEX + HEX, ...encodeFrame(frame, HEX, 9_999_999_999) };
  return Buffer.byteLength(JSON.stringify(event));
}

describe('every frame', () => {
  it.each([
    ['what is sent where no relay says anything', 40_960, limits.maxIdLength, 12],
    ['less', 8_192, limits.maxIdLength, 30],
    ['the least that carries MCP', linkLimits.minContentBytes + linkLimits.frameOverheadBytes, 36, 60],
  ])('stays within the bytes that it may have as JSON: %s', (_what, frameBytes, maxIdLength, runs) => {
    let largest = 0;
    for (let seed = 1; seed <= runs; seed++) {
      const random = seeded(seed);
      const outbox = new Outbox();
      const maxBytes = frameBytes - linkLimits.frameOverheadBytes;
      const messages = Array.from({ length: 4 }, () => randomMessage(random, maxBytes, maxIdLength));
      for (const message of messages) outbox.add(message);
      const texts: string[] = [];
      for (let next = outbox.next(maxBytes); next !== undefined; next = outbox.next(maxBytes)) {
        const bytes = plaintextBytes(next);
        expect(bytes, `seed ${seed}`).toBeLessThanOrEqual(frameBytes);
        largest = Math.max(largest, bytes);
        texts.push(next.content);
      }
      const sent = messages.reduce((sum, { text }) => sum + text.length, 0);
      expect(texts.join('').replaceAll('\n', '').length, `seed ${seed}`).toBe(sent);
    }
    expect(largest).toBeGreaterThan(frameBytes - linkLimits.frameOverheadBytes);
  });

  it('has at most 40,960 bytes where no relay says what it takes', () => {
    expect(limits.defaultFrameBytes).toBe(40_960);
    expect(frameBytesFor(undefined)).toBe(40_960);
  });
});
