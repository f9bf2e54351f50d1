import { describe, expect, it } from 'vitest';

import { Connections } from './connections.ts';
import { limits } from './limits.ts';

function open(max = 8) {
  const connections = new Connections<{
    caller: { pubkey: string };
    isKnown: boolean;
    isIdle: boolean;
    heardAt: number;
    close: () => Promise<void>;
  }>({ max, strangersShare: 0.75 });
  const closed: string[] = [];
  const freeing: (() => void)[] = [];
  let count = 0;
  const seat = (pubkey: string, isKnown: boolean, isIdle: boolean): void => {
    const key = `${pubkey} ${count++}`;
    const close = async (): Promise<void> => {
      closed.push(key);
      connections.remove(key, new Promise((resolve) => freeing.push(resolve)));
    };
    connections.add(key, { caller: { pubkey }, isKnown, isIdle, heardAt: count, close });
  };
  /** How many of so many tries get a place. */
  const fill = (
    tries: number,
    isKnown: boolean,
    { isIdle = false, pubkey = '' }: { isIdle?: boolean; pubkey?: string } = {},
  ): number => {
    let taken = 0;
    for (let n = 0; n < tries; n++) {
      const who = pubkey === '' ? `${isKnown ? 'known' : 'stranger'}-${count}` : pubkey;
      if (!connections.makeRoom(who, isKnown)) continue;
      seat(who, isKnown, isIdle);
      taken++;
    }
    return taken;
  };
  const free = async (): Promise<void> => {
    for (const each of freeing.splice(0)) each();
    await Promise.resolve();
  };
  return { connections, closed, fill, free };
}

describe('Connections', () => {
  it('leaves a quarter of the places for known keys, and known keys may have all', () => {
    const { fill } = open();
    expect([fill(20, false), fill(20, true)]).toEqual([6, 2]);
    const other = open();
    expect([other.fill(20, true), other.fill(20, false)]).toEqual([8, 0]);
  });

  it('lets a stranger into a server with a single place', () => {
    expect(open(1).fill(3, false)).toBe(1);
  });

  it('has the stranger make room that was silent for longest: for a stranger at their bound, for a known key at that of all', () => {
    const { fill, closed, connections } = open();
    fill(2, true, { isIdle: true });
    fill(6, false, { isIdle: true });
    expect([fill(1, false), closed]).toEqual([1, ['stranger-2 2']]);
    expect([fill(1, true), closed.slice(1)]).toEqual([1, ['stranger-3 3']]);
    expect(connections.size).toBe(8);
  });

  it('has an idle known one make room where no stranger can, and for known keys only', () => {
    const { fill, closed } = open();
    fill(1, true, { isIdle: true });
    fill(7, true);
    expect([fill(1, false), closed]).toEqual([0, []]);
    expect([fill(1, true), closed]).toEqual([1, ['known-0 0']]);
  });

  it('gives one key only so many, and has its own make room', () => {
    const { fill, closed } = open(100);
    const { maxConnectionsPerKey: max } = limits;
    expect(fill(max + 5, true, { pubkey: 'busy' })).toBe(max);
    expect(fill(2, true, { pubkey: 'other' })).toBe(2);
    expect(closed).toEqual([]);
  });

  it('counts what is still ending, that of strangers apart', async () => {
    const { fill, free } = open();
    // Each makes room at once and holds its process for a while.
    expect(fill(40, false, { isIdle: true })).toBe(12);
    expect(fill(40, true)).toBe(4);
    await free();
    expect(fill(1, true)).toBe(1);
  });
});
