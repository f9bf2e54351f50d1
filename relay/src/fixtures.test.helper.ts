import { type EventTemplate, getPublicKey, type NostrEvent, signEvent } from '@mcp-nostr/core';

/** The time at which the tests take place. */
export const NOW_SECONDS = 1_700_000_000;

const aliceKey: Uint8Array = new Uint8Array(32).fill(1);
export const bobKey: Uint8Array = new Uint8Array(32).fill(2);
export const alice: string = getPublicKey(aliceKey);
export const bob: string = getPublicKey(bobKey);

let made = 0;

/** A number as an id or key. */
export function hex(number: number): string {
  return number.toString(16).padStart(64, '0');
}

/** An event whose id and signature are nobody's, for what does not look at them. */
export function fakeEvent(fields: Partial<NostrEvent> = {}): NostrEvent {
  made += 1;
  return {
    id: hex(made),
    pubkey: alice,
    created_at: NOW_SECONDS,
    kind: 1,
    tags: [],
    content: '',
    sig: '0'.repeat(128),
    ...fields,
  };
}

/** A signed event, of Alice's unless a key is given; each is another one. */
export function signed(fields: Partial<EventTemplate> = {}, key: Uint8Array = aliceKey): NostrEvent {
  made += 1;
  return signEvent({ created_at: NOW_SECONDS, kind: 1, tags: [], content: `event ${made}`, ...fields }, key);
}

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
