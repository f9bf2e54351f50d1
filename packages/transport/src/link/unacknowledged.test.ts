import type { NostrEvent } from '@mcp-nostr/core';
import { describe, expect, it } from 'vitest';

import { emptyContent } from './outbox.ts';
import { type SentFrame, Unacknowledged } from './unacknowledged.ts';

const event: NostrEvent = { id: '', pubkey: '', sig: '', kind: 0, created_at: 0, tags: [], content: '' };

function frames(count: number, more: Partial<SentFrame> = {}): { sent: Unacknowledged; all: SentFrame[] } {
  const sent = new Unacknowledged();
  const all = Array.from({ length: count }, (_, sequence) => ({
    sequence,
    content: { ...emptyContent(), bytes: 100 },
    patienceMs: 0,
    event,
    sentAt: 1_000,
    attempts: 1,
    inVain: 0,
    losses: 0,
    isHeld: false,
    ...more,
  }));
  for (const frame of all) sent.add(frame);
  return { sent, all };
}

function sequences(each: readonly SentFrame[]): number[] {
  return each.map(({ sequence }) => sequence);
}

describe('what the peer has not acknowledged', () => {
  it('is kept until it is, each confirmed once', () => {
    const { sent } = frames(4);
    expect([sent.size, sent.bytes]).toEqual([4, 400]);
    expect(sequences(sent.acknowledge(2, []))).toEqual([0, 1]);
    expect(sent.acknowledge(2, [])).toEqual([]);
    expect([sent.size, sent.bytes, sent.acknowledged]).toEqual([2, 200, 2]);
    expect(sequences([...sent.frames])).toEqual([2, 3]);
  });

  it('only shrinks: an older acknowledgement that comes late changes nothing', () => {
    const { sent, all } = frames(4);
    sent.acknowledge(3, []);
    expect(sent.acknowledge(1, [[2, 3]])).toEqual([]);
    expect(sent.acknowledged).toBe(3);
    expect(all[3]?.isHeld).toBe(false);
  });

  it('is not missing where the peer holds it beyond a gap', () => {
    const { sent } = frames(6);
    sent.acknowledge(1, [
      [2, 3],
      [5, 5],
    ]);
    expect(sequences(sent.missing(1_000, 1_000))).toEqual([1, 4]);
    expect(sent.oldest?.sequence).toBe(1);
    sent.acknowledge(2, []);
    expect(sequences(sent.missing(1_000, 1_000))).toEqual([2, 3, 4, 5]);
  });

  it('is sent again from its beginning, up to so many bytes and at least one frame', () => {
    const { sent } = frames(6);
    expect(sequences(sent.missing(1_000, 1))).toEqual([0]);
    expect(sequences(sent.missing(1_000, 100))).toEqual([0]);
    expect(sequences(sent.missing(1_000, 101))).toEqual([0, 1]);
  });

  it('is not sent again while it can still be on its way, nor before it is signed', () => {
    const { sent, all } = frames(3);
    all[1]!.sentAt = 1_001;
    all[2]!.event = undefined;
    expect(sequences(sent.missing(1_000, 1_000))).toEqual([0]);
    expect(sequences(sent.missing(1_001, 1_000))).toEqual([0, 1]);
    expect(sent.missing(999, 1_000)).toEqual([]);
  });

  it('is sent again only below the number that is asked for', () => {
    expect(sequences(frames(5).sent.missing(1_000, 1_000, 2))).toEqual([0, 1]);
  });

  it('has no first frame as long as none is signed, and forgets what is taken back', () => {
    const { sent } = frames(2, { event: undefined });
    expect(sent.oldest).toBeUndefined();
    sent.delete(0);
    sent.delete(0);
    expect([sent.size, sent.bytes]).toEqual([1, 100]);
  });

  it('has as its first frame the first that is signed and not held', () => {
    const { sent, all } = frames(3);
    all[0]!.event = undefined;
    all[1]!.isHeld = true;
    expect(sent.oldest?.sequence).toBe(2);
  });
});
