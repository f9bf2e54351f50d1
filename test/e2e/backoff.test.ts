import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { connect, event } from '../helpers/one-relay.ts';
import { closedScriptedRelay, openScriptedRelay } from '../helpers/scripted-relay.ts';

const shortestMs = 250;
const soonMs = 750;
const resetMs = 5_000;

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

describe('the wait before a new connection', () => {
  /** Breaks some short connections, and then one that lived this long. */
  async function afterLiving(livedMs: number) {
    const relay = await openScriptedRelay();
    const timing = { idlePingMs: 1_000_000 };
    const connection = connect(relay, { random: () => 1, timing });
    const { reach } = connection;
    for (const count of [1, 2, 3]) {
      await reach('ready', count);
      relay.cut();
      await reach('waiting', count);
      await vi.advanceTimersByTimeAsync(shortestMs * 2 ** (count - 1));
    }
    await reach('ready', 4);
    await vi.advanceTimersByTimeAsync(livedMs);
    relay.cut();
    await reach('waiting', 4);
    await vi.advanceTimersByTimeAsync(shortestMs);
    return connection;
  }

  it('is short again after a connection that lived long', async () => {
    const { pool, reach } = await afterLiving(resetMs + 1);
    expect(pool.states).not.toMatchObject([{ status: 'waiting' }]);
    await reach('ready', 5);
  });

  it('is no shorter after one that did not', async () => {
    const { pool, reach } = await afterLiving(resetMs - 1000);
    expect(pool.states).toMatchObject([{ status: 'waiting' }]);
    await vi.advanceTimersByTimeAsync(soonMs - shortestMs);
    await reach('ready', 5);
  });
});

describe('a relay that comes back', () => {
  /** Lets attempts fail, with the longest waits, until it was away for so long. Returns their number. */
  async function stayAway(connection: ReturnType<typeof connect>, awayMs: number): Promise<number> {
    const { states, reach } = connection;
    const attempts = (): number => states.filter(({ status }) => status === 'waiting').length;
    const before = attempts();
    for (const until = performance.now() + awayMs; performance.now() < until;) {
      const failed = reach('waiting', attempts() + 1);
      await vi.advanceTimersToNextTimerAsync();
      await failed;
    }
    return attempts() - before;
  }

  it('is used within its first second when it was away for three', async () => {
    const relay = await openScriptedRelay();
    const connection = connect(relay, { random: () => 1, timing: { idlePingMs: 1_000_000 } });
    const { states, reach } = connection;
    await reach('ready');
    await relay.stop();
    await reach('waiting');
    // Its waits come to 250, 500, 750, 750 and 750 ms.
    expect(await stayAway(connection, 3000)).toBe(5);
    await relay.start();
    const before = states.length;
    await vi.advanceTimersByTimeAsync(999);
    await reach('ready', 2);
    expect(states.slice(before).map(({ status }) => status)).toEqual(['connecting', 'ready']);
  });

  it('is found at once by an event that waits, however long it was away', async () => {
    const relay = await closedScriptedRelay();
    const connection = connect(relay, { random: () => 1 });
    await connection.reach('waiting');
    await stayAway(connection, 400_000);
    await vi.advanceTimersByTimeAsync(1000);
    await relay.start();
    const published = connection.pool.publish(event());
    await vi.advanceTimersByTimeAsync(0);
    expect(await published).toBe('accepted');
  });

  it('is tried every second while an event waits for it', async () => {
    const relay = await closedScriptedRelay();
    const connection = connect(relay, { random: () => 1, timing: { publishTimeoutMs: 600_000 } });
    await connection.reach('waiting');
    await stayAway(connection, 400_000);
    const published = connection.pool.publish(event());
    expect(await stayAway(connection, 9500)).toBe(10);
    await relay.start();
    await vi.advanceTimersByTimeAsync(1000);
    expect(await published).toBe('accepted');
  });
});
