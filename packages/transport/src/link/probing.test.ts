import { describe, expect, it } from 'vitest';

import { Probing } from './probing.ts';

/** When probes leave while nobody answers, from 0 on. */
function probes(probing: Probing, overdueAt: number, count: number, timeoutMs = 100): number[] {
  return Array.from({ length: count }, () => {
    const at = probing.nextAt(overdueAt, 'nothing', timeoutMs);
    probing.asking();
    probing.sent(at);
    return at;
  });
}

describe('a probe', () => {
  it('is never due while nothing is missing and nothing expected', () => {
    expect(new Probing('client', 0).nextAt(Infinity, 'nothing', 100)).toBe(Infinity);
  });

  it('is due when something is overdue', () => {
    expect(new Probing('server', 0).nextAt(700, 'nothing', 100)).toBe(700);
  });

  it('is due at once when somebody asks for it, and only once', () => {
    const probing = new Probing('client', 0);
    probing.now();
    expect(probing.nextAt(Infinity, 'nothing', 100)).toBe(0);
    probing.asking();
    expect(probing.isAsking).toBe(true);
    expect(probing.nextAt(Infinity, 'nothing', 100)).toBe(Infinity);
    probing.sent(50);
    expect([probing.isAsking, probing.unanswered]).toEqual([false, 1]);
  });

  it('of a client comes again after the time-out, then ever more seldom, and at least every four seconds', () => {
    const times = probes(new Probing('client', 0), 1_000, 12);
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    expect(gaps.slice(0, 5)).toEqual([100, 100, 100, 100, 100]);
    expect(gaps.slice(5).every((gap, index) => gap >= (gaps[index + 4] ?? 0))).toBe(true);
    const later = probes(new Probing('client', 0), 1_000, 40).slice(-2);
    expect((later[1] ?? 0) - (later[0] ?? 0)).toBe(4_000);
  });

  it('of a server comes at least every 30 s, for two minutes, and then no more until its client is heard', () => {
    const probing = new Probing('server', 0);
    const times: number[] = [];
    for (let at = 0; at !== Infinity; at = probing.nextAt(1_000, 'nothing', 2_000)) {
      probing.asking();
      probing.sent(at);
      times.push(at);
    }
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    expect(Math.max(...gaps)).toBeGreaterThan(25_000);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(30_000);
    expect(times.at(-1)).toBeGreaterThan(120_000);
    expect(times.at(-2)).toBeLessThanOrEqual(120_000);
    probing.heard(500_000, false);
    expect(probing.nextAt(500_100, 'nothing', 100)).toBe(500_100);
  });

  it('asks after 15 s whether the server lives that owes an answer', () => {
    const probing = new Probing('client', 1_000);
    expect(probing.nextAt(Infinity, 'answers', 100)).toBe(16_000);
    probing.sent(16_000);
    probing.heard(16_010, false);
    expect(probing.nextAt(Infinity, 'answers', 100)).toBe(31_010);
  });

  it('of an idle connection with subscriptions comes after 30 s, growing to 5 min, until there is news', () => {
    const probing = new Probing('client', 0);
    const gaps = Array.from({ length: 6 }, () => {
      const { heardAt } = probing;
      const at = probing.nextAt(Infinity, 'news', 100);
      probing.sent(at);
      probing.heard(at, false);
      return at - heardAt;
    });
    expect(gaps).toEqual([30_000, 60_000, 120_000, 240_000, 300_000, 300_000]);
    probing.heard(9_000_000, true);
    expect(probing.nextAt(Infinity, 'news', 100)).toBe(9_030_000);
  });

  it('waits as long after one that is not answered yet', () => {
    const probing = new Probing('client', 0);
    probing.sent(10_000);
    probing.reset();
    expect(probing.nextAt(Infinity, 'answers', 100)).toBe(25_000);
  });
});

describe('silence', () => {
  it('of 20 s after the first unanswered probe is the end for a client, and never for a server', () => {
    for (const [role, failsAt] of [
      ['client', 21_000],
      ['server', Infinity],
    ] as const) {
      const probing = new Probing(role, 0);
      expect(probing.failsAt).toBe(Infinity);
      probing.sent(1_000);
      probing.sent(1_500);
      expect(probing.failsAt).toBe(failsAt);
      probing.heard(1_600, false);
      expect(probing.failsAt).toBe(Infinity);
    }
  });

  it('begins anew with a new way', () => {
    const probing = new Probing('client', 0);
    probing.sent(1_000);
    probing.muted(1_000);
    probing.reset();
    expect([probing.unanswered, probing.failsAt]).toEqual([0, Infinity]);
    probing.sent(9_000);
    expect(probing.failsAt).toBe(29_000);
  });
});

describe('`mute:` from all relays', () => {
  it('makes the next probe come after 500 ms, counted from the last', () => {
    const probing = new Probing('client', 0);
    probing.muted(100);
    expect(probing.nextAt(5_000, 'nothing', 100)).toBe(600);
    expect(probing.nextAt(300, 'nothing', 100)).toBe(300);
    probing.sent(600);
    expect(probing.nextAt(5_000, 'nothing', 2_000)).toBe(1_100);
    expect(probing.nextAt(5_000, 'nothing', 50)).toBe(1_100);
  });

  it('asks for nothing where nothing is waited for', () => {
    const probing = new Probing('client', 0);
    probing.muted(100);
    expect(probing.nextAt(Infinity, 'nothing', 100)).toBe(Infinity);
  });

  it('is the end after 5 s, counted from the first word', () => {
    const probing = new Probing('client', 0);
    probing.muted(1_000);
    probing.muted(3_000);
    expect(probing.failsAt).toBe(6_000);
    probing.sent(1_500);
    expect(probing.failsAt).toBe(6_000);
  });

  it('counts no more once a relay says otherwise, or the peer is heard', () => {
    const probing = new Probing('client', 0);
    probing.muted(1_000);
    probing.taken();
    expect(probing.failsAt).toBe(Infinity);
    probing.muted(2_000);
    probing.heard(2_100, false);
    expect(probing.failsAt).toBe(Infinity);
  });

  it('keeps a server from asking quickly for longer than 5 s', () => {
    const probing = new Probing('server', 0);
    probing.muted(0);
    const times = probes(probing, 0, 20, 2_000);
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    expect(gaps.slice(0, 11)).toEqual(Array.from({ length: 11 }, () => 500));
    expect(gaps[11]).toBeGreaterThanOrEqual(1_375);
    expect(gaps.at(-1)).toBeGreaterThan(2_000);
  });

  it('asks again from the last probe on, when the peer was heard in between', () => {
    const probing = new Probing('client', 0);
    probing.sent(1_000);
    probing.heard(1_010, false);
    probing.muted(800);
    expect(probing.nextAt(9_000, 'nothing', 100)).toBe(1_500);
  });
});
