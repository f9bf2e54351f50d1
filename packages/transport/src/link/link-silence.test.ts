import { describe, expect, it } from 'vitest';

import { call, notice, Pair } from './pair.test.support.ts';

describe('silence', () => {
  it('of 20 s after the first probe ends a client that waits', () => {
    const pair = new Pair().open();
    pair.fate = () => 'drop';
    pair.client.link.send(call(1));
    pair.run(1_500);
    const [probe] = pair.controls('probe');
    const endsAt = (probe?.at ?? 0) + 20_000;
    pair.run(endsAt - pair.now - 1);
    expect(pair.client.ends).toEqual([]);
    pair.run(1);
    expect(pair.client.ends).toEqual([expect.objectContaining({ code: 'silent' })]);
  });

  it('never ends a server, which asks no more after two minutes until its client is heard', () => {
    const pair = new Pair().open();
    pair.fate = () => 'drop';
    pair.server.link.send(notice('1'));
    pair.run(200_000);
    pair.forget();
    pair.run(3_600_000);
    expect([pair.log, pair.server.ends]).toEqual([[], []]);
    pair.fate = () => 'deliver';
    pair.client.link.send(notice('I am back'));
    pair.run(10_000);
    expect(pair.client.texts).toEqual([notice('1').text]);
  });

  it('where nobody listens for 5 s ends a client that waits', () => {
    const pair = new Pair().open();
    pair.outcome = () => 'muted';
    const sentAt = pair.now;
    pair.client.link.send(call(1));
    pair.run(5_000);
    expect(pair.client.ends).toEqual([]);
    const probes = pair.controls('probe').map(({ at }) => at - sentAt);
    expect(probes.slice(0, 4)).toEqual([501, 1_001, 1_501, 2_001]);
    pair.run(1);
    expect(pair.client.ends).toEqual([expect.objectContaining({ code: 'silent' })]);
  });

  it('is forgiven when the peer comes back within the grace', () => {
    const pair = new Pair().open();
    pair.outcome = () => 'muted';
    pair.client.link.send(call(1));
    pair.run(4_500);
    pair.outcome = () => 'accepted';
    pair.run(20_000);
    expect(pair.client.ends).toEqual([]);
    expect(pair.server.texts).toEqual([call(1).text]);
  });

  it('where nobody listens ends nobody before a relay that has just come had its time to say so', () => {
    const pair = new Pair().open();
    pair.outcome = () => 'muted';
    const sentAt = pair.now;
    pair.client.link.send(call(1));
    pair.run(4_999);
    pair.outcome = ({ at }) => (at < sentAt + 5_100 ? undefined : 'accepted');
    pair.client.link.relaysChanged(true, true);
    pair.run(20_000);
    expect(pair.client.ends).toEqual([]);
    expect(pair.server.texts).toEqual([call(1).text]);
  });

  it('is no end where nothing is waited for', () => {
    const pair = new Pair().open();
    pair.outcome = () => 'muted';
    pair.client.link.probe();
    pair.run(100_000);
    expect(pair.client.ends).toEqual([]);
  });

  it('for want of a relay ends a client that waits after 60 s, and a new way has its whole time', () => {
    const pair = new Pair().open();
    pair.client.expects = 'answers';
    pair.client.link.relaysChanged(false, false);
    pair.run(59_999);
    expect(pair.client.ends).toEqual([]);
    pair.client.link.relaysChanged(true, false);
    pair.run(0);
    pair.client.link.relaysChanged(false, false);
    pair.run(59_999);
    expect(pair.client.ends).toEqual([]);
    pair.run(1);
    expect(pair.client.ends).toEqual([expect.objectContaining({ code: 'unreachable' })]);
  });

  it('for want of a relay never ends a server, nor a client that waits for nothing', () => {
    const pair = new Pair().open();
    pair.server.link.relaysChanged(false, false);
    pair.server.link.send(notice('1'));
    pair.client.link.relaysChanged(false, false);
    pair.run(3_600_000);
    expect([pair.server.ends, pair.client.ends]).toEqual([[], []]);
    expect(pair.client.link.wakeAt).toBe(Infinity);
  });

  it('while nothing is waited for does not count later', () => {
    const pair = new Pair().open();
    pair.fate = () => 'drop';
    pair.client.expects = 'answers';
    pair.run(25_000);
    pair.client.expects = 'nothing';
    pair.run(60_000);
    pair.client.expects = 'answers';
    pair.run(1_000);
    expect(pair.client.ends).toEqual([]);
  });

  it('is not made longer by relays that come and go', () => {
    for (const isNew of [true, false]) {
      const pair = new Pair().open();
      pair.fate = () => 'drop';
      pair.client.link.send(call(1));
      for (let seconds = 0; seconds < 22; seconds++) {
        pair.run(1_000);
        pair.client.link.relaysChanged(true, isNew);
      }
      expect(pair.client.ends).toHaveLength(1);
    }
    const pair = new Pair().open();
    pair.client.expects = 'answers';
    for (let seconds = 0; seconds < 60; seconds++) {
      pair.client.link.relaysChanged(false, false);
      pair.run(1_000);
    }
    expect(pair.client.ends).toHaveLength(1);
  });

  it('is none of 5 s where one relay takes what the others do not', () => {
    const pair = new Pair().open();
    pair.outcome = () => 'muted';
    pair.client.link.send(call(1));
    pair.run(4_500);
    pair.outcome = () => 'accepted';
    pair.fate = () => 'drop';
    pair.run(5_000);
    expect(pair.client.ends).toEqual([]);
  });

  it('is none of 5 s where the way is broken and nobody says that nobody listens', () => {
    for (const outcome of ['failed', 'congested'] as const) {
      const pair = new Pair().open();
      pair.outcome = () => outcome;
      pair.client.link.send(call(1));
      pair.run(10_000);
      expect(pair.client.ends).toEqual([]);
    }
  });

  it('that had almost lasted too long begins anew with a new way', () => {
    const pair = new Pair().open();
    pair.fate = () => 'drop';
    pair.client.link.send(call(1));
    pair.run(20_000);
    pair.client.link.relaysChanged(false, false);
    pair.run(1_000);
    pair.client.link.relaysChanged(true, true);
    pair.run(15_000);
    expect(pair.client.ends).toEqual([]);
    pair.run(5_000);
    expect(pair.client.ends).toHaveLength(1);
  });
});
