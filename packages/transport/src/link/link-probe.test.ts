import { describe, expect, it } from 'vitest';

import { call, notice, Pair } from './pair.test.support.ts';

describe('a probe', () => {
  it('carries the first missing frames and not the whole window', () => {
    const pair = new Pair().open();
    pair.fate = () => 'drop';
    pair.sendEach(12, 'x'.repeat(20_000));
    pair.forget();
    pair.run(700);
    const firstProbe = pair.log.indexOf('client probe');
    // 65,536 bytes, and the frame that passes them.
    expect(pair.log.slice(0, firstProbe + 1)).toEqual([
      'client 1',
      'client 2',
      'client 3',
      'client 4',
      'client probe',
    ]);
  });

  it('comes ever more seldom while nobody answers, and at least every four seconds from a client', () => {
    const pair = new Pair().open();
    const { now } = pair;
    pair.fate = () => 'drop';
    pair.client.link.send(call(1));
    pair.run(14_000);
    const times = pair.controls('probe').map(({ at }) => at - now);
    expect(times).toEqual([600, 800, 1_200, 2_000, 3_600, 6_800, 10_000, 13_200]);
  });

  it('whose answer shows that nothing is missing puts nothing on all relays', () => {
    const pair = new Pair().open();
    pair.client.expects = 'answers';
    pair.run(20_000);
    expect(pair.controls('probe')).toHaveLength(1);
    pair.client.link.send(notice('1'));
    pair.run(0);
    expect(pair.by('client').at(-1)?.toAll).toBe(false);
    pair.fate = () => 'drop';
    const { now } = pair;
    pair.run(1_000);
    // The time-out is the shortest one still: it was no loss.
    expect((pair.controls('probe')[1]?.at ?? 0) - now).toBe(300);
  });

  it('is answered with what the other side lacks, unless that can still be on its way', () => {
    const pair = new Pair().open();
    pair.fate = ({ from }) => (from === 'server' ? 'drop' : 'deliver');
    pair.server.link.send(notice('1'));
    pair.run(0);
    pair.server.link.send(notice('2'));
    pair.run(0);
    pair.fate = () => 'deliver';
    pair.client.link.probe();
    pair.run(100);
    expect(pair.log).toEqual(['server 1', 'server 2', 'client probe', 'server ack']);
    pair.run(200);
    pair.client.link.probe();
    pair.run(20);
    expect(pair.log.slice(4)).toEqual(['client probe', 'server 1', 'server 2', 'server ack']);
    expect(pair.client.texts).toEqual([notice('1').text, notice('2').text]);
  });

  it('that is answered brings the rest of what is missing at once', () => {
    const pair = new Pair().open();
    pair.fate = () => 'drop';
    const texts = pair.sendEach(12, 'x'.repeat(20_000));
    pair.fate = () => 'deliver';
    while (pair.controls('ack').length === 0) pair.run(1);
    expect(pair.server.texts).toHaveLength(4);
    pair.run(25);
    expect(pair.server.texts).toEqual(texts);
  });

  it('makes what follows it go to all relays, until something has arrived', () => {
    const pair = new Pair().open();
    pair.client.link.probe();
    pair.run(100);
    expect(pair.controls('ack').map(({ toAll }) => toAll)).toEqual([true]);
    pair.server.link.send(notice('1'));
    pair.run(1_000);
    pair.server.link.send(notice('2'));
    pair.run(0);
    expect(pair.by('server').map(({ toAll }) => toAll)).toEqual([true, true, false]);
  });

  it('is sent at once when a relay comes back while something is waited for', () => {
    const pair = new Pair().open();
    pair.client.expects = 'answers';
    pair.client.link.relaysChanged(true, true);
    pair.run(0);
    expect(pair.log).toEqual(['client probe']);
  });

  it('is not sent when a relay comes back and nothing is waited for, nor when one goes', () => {
    const pair = new Pair().open();
    pair.client.link.relaysChanged(true, true);
    pair.run(0);
    pair.client.expects = 'answers';
    pair.client.link.relaysChanged(true, false);
    pair.run(0);
    expect(pair.log).toEqual([]);
  });

  it('comes from the side that sees a gap, too', () => {
    const pair = new Pair().open();
    pair.fate = ({ frame }) => (frame.link.sequence === 1 ? 'drop' : 'deliver');
    pair.server.link.send(notice('1'));
    pair.run(0);
    pair.server.link.send(notice('2'));
    pair.run(199);
    pair.fate = ({ from }) => (from === 'server' ? 'drop' : 'deliver');
    pair.run(3_000);
    expect(pair.by('client').some(({ frame }) => frame.link.control === 'probe')).toBe(true);
  });

  it('about a gap that nobody can fill comes ever more seldom, although the peer lives', () => {
    const pair = new Pair().open();
    pair.fate = ({ from, frame }) => (from === 'server' && frame.link.sequence === 1 ? 'drop' : 'deliver');
    pair.server.link.send(notice('1'));
    pair.run(0);
    pair.server.link.send(notice('2'));
    pair.run(20_000);
    const probes = pair.controls('probe').filter(({ from }) => from === 'client');
    expect(probes.length).toBeGreaterThan(5);
    expect(probes.length).toBeLessThan(25);
    expect(pair.client.ends).toEqual([]);
  });

  it('is answered by a process that has stood still for an hour as by any other', () => {
    const pair = new Pair().open();
    pair.fate = ({ from }) => (from === 'server' ? 'hold' : 'deliver');
    pair.client.link.send(notice('1'));
    pair.run(250);
    pair.fate = () => 'deliver';
    pair.now += 3_600_000;
    pair.release();
    pair.forget();
    for (let i = 0; i < 5; i++) {
      pair.server.link.probe();
      pair.run(5_000);
    }
    expect(pair.controls('ack').filter(({ from }) => from === 'client')).toHaveLength(5);
  });

  it('costs one answer in a round trip, however many come', () => {
    const pair = new Pair().open();
    for (let i = 0; i < 10; i++) {
      pair.client.link.probe();
      pair.run(1);
    }
    pair.run(500);
    expect(pair.controls('probe')).toHaveLength(10);
    expect(pair.controls('ack').length).toBeLessThanOrEqual(3);
  });
});
