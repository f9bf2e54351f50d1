import { describe, expect, it, vi } from 'vitest';

import { KeyUsage, type Passage, type UsageBounds } from './key-usage.ts';
import { limits } from './limits.ts';
import { Meter } from './meter.ts';
import { Usages } from './usages.ts';

function use(bounds: UsageBounds) {
  const state = { now: 1_000 };
  const onblocked = vi.fn<() => void>();
  const usage = new KeyUsage({ clock: () => state.now, onblocked });
  usage.bounds = bounds;
  /** How many of so many calls may pass; they stay under way. */
  const calls = (tries: number, bytes = 10): number =>
    Array.from({ length: tries }, () => usage.request(bytes, false)).filter(
      ({ excess }) => excess === undefined,
    ).length;
  return { state, onblocked, usage, calls };
}

const waitMs = ({ excess }: Passage): number => excess?.retryAfterMs ?? 0;

describe('calls per minute', () => {
  it('are as many at once, and then one after the other', () => {
    const { usage, calls, state } = use({ callsPerMinute: 6 });
    expect(calls(20)).toBe(6);
    state.now += 60_000;
    expect(calls(20)).toBe(6);
    expect(usage.request(0, false).excess?.reason).toBe('this key may make 6 calls per minute');
  });

  it('name the time after which one passes, to the millisecond', () => {
    const { usage, calls, state } = use({ callsPerMinute: 7 });
    calls(7);
    state.now += 1_234;
    const wait = waitMs(usage.request(0, false));
    state.now += wait - 1;
    expect(waitMs(usage.request(0, false))).toBe(1);
    state.now += 1;
    expect(calls(2)).toBe(1);
  });

  it('are not made more by a new bound of another sort', () => {
    const { usage, calls } = use({ callsPerMinute: 2 });
    expect(calls(3)).toBe(2);
    usage.bounds = { callsPerMinute: 2, callsAtOnce: 9 };
    expect(calls(3)).toBe(0);
    usage.bounds = { callsPerMinute: 3 };
    expect(calls(9)).toBe(3);
  });
});

describe('calls at once', () => {
  it('are as many as have not ended; one that was cancelled counts for a moment', () => {
    const { usage, state, calls } = use({ callsAtOnce: 2 });
    const [one, two, three] = [usage.request(0, false), usage.request(0, false), usage.request(0, false)];
    expect([one, two, three].map(waitMs)).toEqual([0, 0, limits.callEndRetryMs]);
    one.ended?.(false);
    expect(calls(2)).toBe(1);
    two.ended?.(true);
    expect(calls(1)).toBe(0);
    state.now += limits.cancelledCountsMs;
    expect(calls(2)).toBe(1);
  });
});

describe('bytes per minute', () => {
  it('are counted both ways; what was sent beyond them is owed, but not for ever', () => {
    const { usage, state, calls } = use({ bytesPerMinute: 6_000 });
    expect(calls(1, 3_000)).toBe(1);
    usage.spend(5_000);
    // 2,000 are owed at 100 a second, and one byte more is to be there.
    expect(waitMs(usage.request(1, false))).toBe(20_010);
    state.now += 20_010;
    expect(calls(1, 10_000_000)).toBe(1);
    expect(waitMs(usage.request(1, false))).toBe(limits.maxOwedMinutes * 60_000 + 10);
  });
});

describe('a key that goes on beyond its bounds', () => {
  it('is blocked after so many refusals, for a while', () => {
    const { usage, calls, state, onblocked } = use({ callsPerMinute: 1 });
    calls(1);
    for (let n = 0; n < limits.strikeBurst; n++) usage.request(0, false);
    expect([usage.blockedMs, onblocked.mock.calls.length]).toEqual([0, 0]);
    usage.request(0, false);
    usage.request(0, false);
    expect([usage.blockedMs, onblocked.mock.calls.length]).toEqual([limits.blockMs, 1]);
    state.now += limits.blockMs;
    expect(usage.blockedMs).toBe(0);
  });

  it('is blocked by notifications too, of which none is held back, and by few that are large', () => {
    const small = use({ callsPerMinute: 10 });
    for (let n = 0; n <= limits.minChoresPerMinute + limits.strikeBurst; n++) small.usage.unrefused(10);
    expect(small.onblocked).toHaveBeenCalledTimes(1);
    const large = use({ bytesPerMinute: 1_000 });
    for (let n = 0; n < 5; n++) large.usage.unrefused(10_485_760);
    expect(large.onblocked).not.toHaveBeenCalled();
    large.usage.unrefused(10_485_760);
    expect(large.onblocked).toHaveBeenCalledTimes(1);
  });
});

describe('Meter', () => {
  const request = (method: string): { jsonrpc: '2.0'; id: number; method: string } => ({
    jsonrpc: '2.0',
    id: 1,
    method,
  });

  it('lets a client ask what there is when its calls are used up, at a rate of its own', () => {
    const { usage } = use({ callsPerMinute: 1, callsAtOnce: 1 });
    const meter = new Meter();
    meter.usage = usage;
    const passes = (method: string): boolean => {
      const { excess, ended } = meter.request(request(method), 10);
      ended?.(false);
      return excess === undefined;
    };
    expect(passes('tools/call')).toBe(true);
    const calls = ['tools/call', 'prompts/get', 'resources/read', 'completion/complete', 'x/y'];
    expect(calls.filter(passes)).toEqual([]);
    const lists = ['tools/list', 'resources/list', 'resources/templates/list', 'prompts/list'];
    expect(lists.filter(passes)).toEqual(lists);
    let count = lists.length;
    while (passes('tools/list')) count++;
    expect(count).toBe(limits.minChoresPerMinute);
    // No greeting is refused, and no ping; what is asked again is no greeting.
    const greetings = ['server/discover', 'initialize', 'initialize', 'ping', 'ping'];
    expect(greetings.map(passes)).toEqual([true, true, false, true, true]);
  });

  it('lets a host ask for its lists together beside a call under way', () => {
    const { usage } = use({ callsAtOnce: 1 });
    const meter = new Meter();
    meter.usage = usage;
    const begins = (method: string): boolean => meter.request(request(method), 10).excess === undefined;
    expect([begins('tools/call'), begins('tools/call')]).toEqual([true, false]);
    const tries = Array.from({ length: limits.minChoresAtOnce + 1 }, () => begins('tools/list'));
    expect(tries.filter(Boolean)).toHaveLength(limits.minChoresAtOnce);
  });

  it('does not take a subscription for a call under way', () => {
    const { usage } = use({ callsAtOnce: 1 });
    const meter = new Meter();
    meter.usage = usage;
    for (let n = 0; n <= limits.minChoresAtOnce; n++)
      expect(meter.request(request('subscriptions/listen'), 10).excess).toBeUndefined();
    expect(meter.request(request('tools/call'), 10).excess).toBeUndefined();
  });
});

describe('Usages', () => {
  function keep() {
    const state = { now: 0 };
    const onblocked = vi.fn<(pubkey: string) => void>();
    return { state, onblocked, usages: new Usages({ clock: () => state.now, onblocked }) };
  }

  it('are those of a key, whatever its connection, and none where nothing is bounded', () => {
    const { usages } = keep();
    const usage = usages.of('a', { callsPerMinute: 1 });
    expect(usages.of('a', { callsPerMinute: 1 })).toBe(usage);
    expect(usages.of('b', { callsPerMinute: 1 })).not.toBe(usage);
    expect([usages.of('a', {}), usages.size]).toEqual([undefined, 1]);
  });

  it('do not grow with the keys that come, and forget nobody who has used something', () => {
    const { usages, state } = keep();
    const used = usages.of('used', { callsPerMinute: 1 });
    used?.request(0, false);
    const open = usages.of('open', { callsPerMinute: 1 });
    if (open !== undefined) open.connections++;
    for (let n = 0; n < limits.maxKeyUsages + 10; n++) usages.of(`${n}`, { callsPerMinute: 1 });
    expect(usages.size).toBeLessThanOrEqual(limits.maxKeyUsages);
    expect(usages.of('used', { callsPerMinute: 1 })).toBe(used);
    expect(usages.of('open', { callsPerMinute: 1 })).toBe(open);
    state.now += 60_000;
    for (let n = 0; n < limits.maxKeyUsages; n++) usages.of(`more ${n}`, { callsPerMinute: 1 });
    expect(usages.of('used', { callsPerMinute: 1 })).not.toBe(used);
  });

  it('stay bounded when all are in use', () => {
    const { usages } = keep();
    for (let n = 0; n < limits.maxKeyUsages + 50; n++)
      usages.of(`${n}`, { callsPerMinute: 1 })?.request(0, false);
    expect(usages.size).toBe(limits.maxKeyUsages);
  });

  it('say for how long a key is blocked', () => {
    const { usages, onblocked } = keep();
    for (let n = 0; n <= limits.strikeBurst + 1; n++)
      usages.of('a', { callsPerMinute: 1 })?.request(0, false);
    expect([onblocked.mock.calls, usages.blockedMs('a'), usages.blockedMs('b')]).toEqual([
      [['a']],
      limits.blockMs,
      0,
    ]);
  });
});
