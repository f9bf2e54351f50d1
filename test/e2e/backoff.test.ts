import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { connect } from '../helpers/one-relay.ts';
import { openScriptedRelay } from '../helpers/scripted-relay.ts';

const shortestMs = 250;
const resetMs = 60_000;

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

  it('goes on growing after one that did not', async () => {
    const { pool, reach } = await afterLiving(resetMs - 1000);
    expect(pool.states).toMatchObject([{ status: 'waiting' }]);
    await vi.advanceTimersByTimeAsync(shortestMs * 2 ** 3);
    await reach('ready', 5);
  });
});
