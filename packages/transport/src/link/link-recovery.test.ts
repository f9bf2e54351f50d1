import { describe, expect, it } from 'vitest';

import { answer, call, nameOf, notice, type Packet, Pair } from './pair.test.support.ts';

function isNumbered({ frame }: Packet): boolean {
  return frame.link.sequence !== undefined;
}

describe('a frame that is lost', () => {
  it('is asked about by the side that waits, and sent again as the same event on all relays', () => {
    const pair = new Pair().open();
    pair.fate = ({ isCopy, frame }) => (frame.link.sequence === 1 && !isCopy ? 'drop' : 'deliver');
    pair.client.link.send(call(1));
    pair.run(1_000);
    const [first, again, probe] = pair.by('client');
    expect(pair.log.slice(0, 3)).toEqual(['client 1', 'client 1', 'client probe']);
    expect(again?.event).toBe(first?.event);
    expect([first?.toAll, again?.toAll, probe?.toAll]).toEqual([false, true, true]);
    expect(pair.server.texts).toEqual([call(1).text]);
  });

  it('is repeated only when the peer has had its time: 500 ms for a request, 200 ms else, and the way', () => {
    for (const [message, patienceMs] of [
      [call(1), 500],
      [notice('1'), 200],
    ] as const) {
      const pair = new Pair().open();
      const sentAt = pair.now;
      pair.fate = () => 'drop';
      pair.client.link.send(message);
      pair.run(patienceMs + 99);
      expect(pair.log).toEqual(['client 1']);
      pair.run(2_000);
      expect((pair.packets[1]?.at ?? 0) - sentAt).toBeGreaterThanOrEqual(patienceMs + 100);
      expect(pair.log.slice(0, 3)).toEqual(['client 1', 'client 1', 'client probe']);
    }
  });

  it('is signed anew in plain text, with the same number, since relays swallow an id that they know', () => {
    const pair = new Pair({ isWrapped: false }).open();
    let count = 0;
    pair.fate = (packet) => (isNumbered(packet) && count++ === 0 ? 'drop' : 'deliver');
    pair.client.link.send(call(1));
    pair.run(3_000);
    const [first, again] = pair.by('client').filter(isNumbered);
    expect(again?.event.id).not.toBe(first?.event.id);
    expect(again?.frame).toMatchObject({ content: first?.frame.content, link: { sequence: 1 } });
    expect(again?.toAll).toBe(true);
    expect(again?.frame.link.detail).toMatch(/^[0-9a-f]{16}$/);
    expect(pair.server.texts).toEqual([call(1).text]);
  });

  it('holds back those behind it, which are not sent again', () => {
    const pair = new Pair().open();
    pair.fate = ({ isCopy, frame }) => (frame.link.sequence === 2 && !isCopy ? 'drop' : 'deliver');
    const texts = pair.sendEach(5);
    pair.run(150);
    expect(pair.server.texts).toEqual(texts.slice(0, 1));
    pair.run(5_000);
    expect(pair.server.texts).toEqual(texts);
    const copies = pair.packets.filter(({ isCopy }) => isCopy);
    expect(copies.map(({ frame }) => frame.link.sequence)).toEqual([2]);
  });

  it('shows as a gap in what the peer says, and is sent again without being asked for', () => {
    const pair = new Pair().open();
    pair.fate = ({ from, isCopy, frame }) =>
      from === 'client' && frame.link.sequence === 1 && !isCopy ? 'drop' : 'deliver';
    pair.sendEach(2);
    pair.run(50);
    pair.server.link.send(notice('from the server'));
    pair.run(10);
    expect(pair.by('server')[0]?.frame.link.held).toEqual([[2, 2]]);
    pair.run(15);
    expect(pair.log).toEqual(['client 1', 'client 2', 'server 1', 'client 1']);
    expect(pair.server.texts).toHaveLength(2);
  });

  it('is not taken for lost because something else was heard', () => {
    const pair = new Pair().open();
    pair.fate = ({ from }) => (from === 'client' ? 'drop' : 'deliver');
    pair.client.link.send(call(1));
    pair.run(100);
    pair.server.link.send(notice('1'));
    pair.run(400);
    expect(pair.by('client').filter(isNumbered)).toHaveLength(1);
  });

  it('is not taken for lost because one before it was acknowledged without a question', () => {
    const pair = new Pair().open();
    pair.client.link.send(call(1));
    pair.run(300);
    pair.fate = ({ from }) => (from === 'client' ? 'drop' : 'deliver');
    pair.client.link.send(call(2));
    pair.run(500);
    expect(pair.log).toEqual(['client 1', 'client 2', 'server ack']);
  });

  it('leaves everything on all relays until something arrives again', () => {
    const pair = new Pair().open();
    pair.fate = () => 'drop';
    pair.client.link.send(notice('1'));
    pair.run(2_000);
    pair.client.link.send(notice('2'));
    pair.run(0);
    expect(pair.by('client').at(-1)?.frame.content).toContain('2');
    expect(pair.by('client').at(-1)?.toAll).toBe(true);
    pair.fate = () => 'deliver';
    pair.run(5_000);
    pair.forget();
    pair.client.link.send(notice('3'));
    pair.run(0);
    expect(pair.packets[0]?.toAll).toBe(false);
  });

  it('does not stop the conversation even where every third is lost, and nothing comes twice', () => {
    const pair = new Pair().open();
    let count = 0;
    pair.fate = () => (['drop', 'deliver', 'repeat'] as const)[count++ % 3] ?? 'deliver';
    const texts: string[] = [];
    for (let id = 0; id < 40; id++) {
      const message = notice(`${id}`);
      texts.push(message.text);
      pair.client.link.send(message);
      pair.server.link.send(message);
      pair.run(30);
    }
    pair.run(30_000);
    expect(pair.server.texts).toEqual(texts);
    expect(pair.client.texts).toEqual(texts);
    expect([pair.client.ends, pair.server.ends]).toEqual([[], []]);
  });
});

describe('a repeated frame', () => {
  it('is delivered once and answered at most once in a round trip', () => {
    const pair = new Pair().open();
    pair.client.link.send(notice('1'));
    pair.run(1_000);
    const [packet] = pair.packets;
    pair.forget();
    const { now } = pair;
    for (let i = 0; i < 1_000; i++) {
      if (packet !== undefined)
        pair.server.link.receive(packet.frame, { id: packet.event.id, createdAt: 0, bytes: 600 });
      pair.run(1);
    }
    expect(pair.server.texts).toEqual([]);
    const times = pair.controls('ack').map(({ at }) => at - now);
    expect(times[0]).toBe(0);
    expect(times.length).toBeGreaterThan(3);
    for (const [index, at] of times.slice(1).entries())
      expect(at - (times[index] ?? 0)).toBeGreaterThanOrEqual(200);
  });

  it('is answered with what the other side lacks', () => {
    const pair = new Pair().open();
    pair.client.link.send(call(1));
    pair.run(20);
    const packet = pair.packets[0];
    pair.fate = ({ isCopy }) => (isCopy ? 'deliver' : 'drop');
    pair.server.link.send(answer(1));
    pair.run(300);
    if (packet !== undefined)
      pair.server.link.receive(packet.frame, { id: packet.event.id, createdAt: 0, bytes: 600 });
    pair.run(15);
    expect(pair.client.texts).toEqual([answer(1).text]);
    expect(pair.packets.filter(({ isCopy }) => isCopy).map(({ frame }) => nameOf(frame))).toEqual(['1']);
  });
});

describe('an acknowledgement', () => {
  it('only grows: an old one that comes late undoes nothing', () => {
    const pair = new Pair().open();
    pair.fate = ({ from }) => (from === 'server' ? 'hold' : 'deliver');
    pair.sendEach(1);
    pair.run(250);
    pair.sendEach(1);
    pair.run(250);
    expect(pair.held.map(({ frame }) => frame.link.acknowledged)).toEqual([2, 3]);
    pair.release((packets) => packets.toReversed());
    expect(pair.client.link.isQuiet).toBe(true);
    expect(pair.client.ends).toEqual([]);
  });

  it('of a number that was never sent ends the connection', () => {
    const pair = new Pair().open();
    const link = { connection: pair.client.link.connection, instance: pair.server.link.instance };
    const receive = (acknowledged: number): void =>
      pair.client.link.receive(
        { link: { ...link, acknowledged, control: 'ack', detail: 'x' }, content: '' },
        { id: 'x', createdAt: 0, bytes: 0 },
      );
    receive(1);
    expect(pair.client.ends).toEqual([]);
    receive(2);
    expect(pair.client.ends).toEqual([{ code: 'violation', reason: '2 was never sent' }]);
    pair.run(100);
    expect(pair.log).toEqual(['client bye']);
    expect(pair.packets[0]?.frame.link.detail).toBe('violation');
  });

  it('settles what was sent, also where no relay ever said a word', () => {
    const pair = new Pair().open();
    pair.outcome = () => undefined;
    const settled: unknown[] = [];
    pair.client.link.send({ ...notice('1'), onsettled: (error) => settled.push(error) });
    pair.run(209);
    expect(settled).toEqual([]);
    pair.run(20);
    expect(settled).toEqual([undefined]);
  });
});
