import { generateSecretKey, getPublicKey, type NostrEvent, signEvent } from '@mcp-nostr/core';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { openPool, watchedPool } from '../helpers/relay-pool.ts';
import { closedScriptedRelay, openScriptedRelay } from '../helpers/scripted-relay.ts';

const key = generateSecretKey();
const me = getPublicKey(key);
let made = 0;

function event(kind: number, secretKey: Uint8Array = key): NostrEvent {
  const createdAt = Math.floor(Date.now() / 1000);
  return signEvent({ kind, created_at: createdAt, tags: [['p', me]], content: `${++made}` }, secretKey);
}

afterEach(() => void vi.useRealTimers());

describe('a query', () => {
  const stored = [event(10_002), event(10_002)];

  it('returns what the relays have, each event once', async () => {
    const relays = await Promise.all([openScriptedRelay({ stored }), openScriptedRelay({ stored })]);
    const found = await openPool(relays).query({ kinds: [10_002], authors: [me] }, 600_000);
    expect(found).toEqual(stored);
    await Promise.all(relays.map((relay) => relay.heard('CLOSE')));
  });

  it('believes nothing that is not signed, and takes nothing that was not asked for', async () => {
    const other = generateSecretKey();
    const relay = await openScriptedRelay({
      stored: [
        { ...stored[0], content: 'changed' },
        { ...stored[0], sig: '0'.repeat(128) },
        event(10_002, other),
        event(1),
        { id: 'nonsense' },
      ],
    });
    expect(await openPool([relay]).query({ kinds: [10_002], authors: [me] }, 600_000)).toEqual([]);
  });

  it('is not held up by a relay that is down, silent or unwilling', async () => {
    const good = await openScriptedRelay({ stored });
    const bad = [
      await openScriptedRelay({ stored: [stored[0]], sendsEose: false }),
      await openScriptedRelay({ refusesSubscriptions: 'blocked: no' }),
      await openScriptedRelay({ demandsAuth: ['REQ'] }),
      await openScriptedRelay({ isHalfOpen: true }),
    ];
    const down = await closedScriptedRelay();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { pool, ready, missed } = watchedPool([good, ...bad, down]);
    const found = pool.query({ kinds: [10_002] }, 300);
    // It is ready when it has answered.
    await Promise.all([ready(good), ...bad.map((relay) => relay.heard('REQ')), missed(down)]);
    vi.advanceTimersByTime(300);
    expect(await found).toEqual(stored);
  });

  it('ends with its pool', async () => {
    const pool = openPool([await openScriptedRelay({ isHalfOpen: true })]);
    const found = pool.query({ kinds: [10_002] }, 600_000);
    pool.close();
    expect(await found).toEqual([]);
  });

  it('ends at its bound where a relay never does', async () => {
    const relay = await openScriptedRelay({
      stored: Array.from({ length: 501 }, () => event(1)),
      sendsEose: false,
    });
    expect(await openPool([relay]).query({ kinds: [10_002] }, 600_000)).toEqual([]);
  });
});
