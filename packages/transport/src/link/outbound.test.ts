import type { NostrEvent } from '@mcp-nostr/core';
import { describe, expect, it } from 'vitest';

import { Outbound } from './outbound.ts';
import { notice } from './pair.test.support.ts';
import type { SentFrame } from './unacknowledged.ts';

const MAX = 32_768;
const event: NostrEvent = { id: '', pubkey: '', sig: '', kind: 0, created_at: 0, tags: [], content: '' };

/** Sends messages at this time, each in a frame of its own. */
function sent(outbound: Outbound, now: number, ...texts: string[]): SentFrame[] {
  return texts.flatMap((text) => {
    outbound.add(notice(text));
    const frame = outbound.next(MAX, now);
    if (frame === undefined) return [];
    outbound.signed(frame, event, now);
    return [frame];
  });
}

function repeats(outbound: Outbound): number[] {
  const numbers: number[] = [];
  for (let next = outbound.nextRepeat(); next !== undefined; next = outbound.nextRepeat())
    numbers.push(next.sequence);
  return numbers;
}

describe('what goes to the peer', () => {
  it('is numbered from 0 without a hole', () => {
    const outbound = new Outbound();
    expect(sent(outbound, 0, 'a', 'b', 'c').map(({ sequence }) => sequence)).toEqual([0, 1, 2]);
    expect(outbound.nextSequence).toBe(3);
  });

  it('is overdue 200 ms and the time-out after it was signed last', () => {
    const outbound = new Outbound();
    outbound.add(notice('a'));
    const frame = outbound.next(MAX, 1_000);
    expect(outbound.overdueAt).toBe(Infinity);
    if (frame !== undefined) outbound.signed(frame, event, 3_000);
    expect(outbound.overdueAt).toBe(3_000 + 200 + 1_000);
    if (frame !== undefined) outbound.signed(frame, event, 9_000);
    expect(outbound.overdueAt).toBe(9_000 + 200 + 1_000);
  });

  it('stops at the window, to the byte', () => {
    const outbound = new Outbound();
    // A line break and an empty name in the `for` tag count too.
    for (let i = 0; i < 17; i++) outbound.add({ text: 'x'.repeat(MAX - 5), sort: 'notification' });
    for (let i = 0; i < 16; i++) expect(outbound.next(MAX, 0)?.content.bytes).toBe(MAX);
    expect(outbound.canSend).toBe(false);
    expect(outbound.next(MAX, 0)).toBeUndefined();
    outbound.acknowledge(1, [], 0);
    expect(outbound.canSend).toBe(true);
  });

  it('widens the window as it arrives', () => {
    const outbound = new Outbound();
    const [frame] = sent(outbound, 0, 'x'.repeat(1_000));
    outbound.acknowledge(1, [], 10);
    expect(outbound.window.bytes).toBe(524_288 + (frame?.content.bytes ?? 0));
  });

  it('is measured only where it was sent once', () => {
    const outbound = new Outbound();
    const [first] = sent(outbound, 1_000, 'a');
    if (first !== undefined) outbound.signed(first, event, 2_000);
    outbound.acknowledge(1, [], 2_010);
    expect(outbound.roundTrip.timeoutMs).toBe(1_000);
    sent(outbound, 3_000, 'b');
    outbound.acknowledge(2, [], 3_050);
    expect(outbound.roundTrip.meanMs).toBe(50);
  });

  it('is news only where something was not known to have arrived', () => {
    const outbound = new Outbound();
    sent(outbound, 0, 'a');
    expect(outbound.acknowledge(1, [], 10)).toBe(true);
    expect(outbound.acknowledge(1, [], 10)).toBe(false);
  });

  it('that a busy relay did not take is kept and sent again', () => {
    const outbound = new Outbound();
    const [frame] = sent(outbound, 0, 'a');
    outbound.congested(frame, 10);
    outbound.congested(frame, 10);
    expect(outbound.mustRepeat).toBe(true);
    expect(repeats(outbound)).toEqual([0]);
    expect(outbound.window.pausedUntil).toBe(1_010);
  });

  it('that a busy relay did not take is not sent again once the peer has it', () => {
    const outbound = new Outbound();
    const [frame] = sent(outbound, 0, 'a');
    outbound.acknowledge(1, [], 10);
    outbound.congested(frame, 10);
    expect(outbound.mustRepeat).toBe(false);
  });

  it('and is to be sent again is left out where it has arrived meanwhile, and the rest keeps its order', () => {
    const outbound = new Outbound();
    sent(outbound, 0, 'a', 'b', 'c', 'd', 'e');
    outbound.repeatFirst();
    outbound.acknowledge(1, [[2, 2]], 10);
    expect(repeats(outbound)).toEqual([1, 3, 4]);
  });

  it('is not sent again before a mean round trip has passed', () => {
    const outbound = new Outbound();
    sent(outbound, 1_000, 'a');
    outbound.repeatMissing(1_099);
    expect(outbound.mustRepeat).toBe(false);
    outbound.repeatMissing(1_100);
    expect(outbound.mustRepeat).toBe(true);
  });

  it('and shows as missing goes out again up to 256 KiB, in answer to a question', () => {
    const outbound = new Outbound();
    sent(outbound, 0, ...Array.from({ length: 15 }, () => 'x'.repeat(30_000)));
    outbound.repeatMissing(5_000);
    // Nine frames of about 30,060 bytes pass 262,144.
    expect(repeats(outbound)).toHaveLength(9);
    outbound.repeatFirst();
    expect(repeats(outbound)).toHaveLength(3);
  });
});
