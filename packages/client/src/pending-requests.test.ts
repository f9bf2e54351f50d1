import { describe, expect, it } from 'vitest';

import { PendingRequests } from './pending-requests.ts';

const request = (id: string | number) => ({ jsonrpc: '2.0' as const, id, method: 'tools/call' });

describe('PendingRequests', () => {
  it('settles each request once', () => {
    const pending = new PendingRequests();
    pending.add(request(0));
    expect([pending.settle(0), pending.settle(0), pending.settle(1)]).toEqual([true, false, false]);
  });

  it('tells the id 1 from the id "1"', () => {
    const pending = new PendingRequests();
    pending.add(request(1));
    expect([pending.settle('1'), pending.settle(1)]).toEqual([false, true]);
  });

  it('knows a request by every event that carried it, for as long as it waits', () => {
    const pending = new PendingRequests();
    pending.add(request('a'));
    pending.add(request('b'));
    pending.carriedBy('a', 'event 1');
    pending.carriedBy('a', 'event 2');
    pending.carriedBy('b', 'event 3');
    pending.carriedBy('unknown', 'event 4');
    const waiting = () => [1, 2, 3, 4].map((n) => pending.isWaiting(`event ${n}`));
    expect(waiting()).toEqual([true, true, true, false]);
    pending.settle('a');
    expect(waiting()).toEqual([false, false, true, false]);
    pending.carriedBy('a', 'event 5');
    expect(pending.isWaiting('event 5')).toBe(false);
  });

  it('gives up all at once, after which none waits', () => {
    const pending = new PendingRequests();
    pending.add(request('a'));
    pending.add(request(2));
    pending.carriedBy('a', 'event 1');
    expect(pending.takeAll()).toEqual(['a', 2]);
    expect(pending.takeAll()).toEqual([]);
    expect([pending.isWaiting('event 1'), pending.settle('a')]).toEqual([false, false]);
  });
});
