import { describe, expect, it } from 'vitest';

import { answer, call, notice, Pair } from './pair.test.support.ts';

/** The server answers each request at once. */
function answering(pair: Pair): void {
  pair.server.onmessage = (text) => {
    const { id } = JSON.parse(text) as { id?: number };
    if (id !== undefined) pair.server.link.send(answer(id));
  };
}

describe('while nothing is missing', () => {
  it('a quick call is two frames, and one acknowledgement 200 ms later if nothing follows', () => {
    const pair = new Pair().open();
    answering(pair);
    const sentAt = pair.now;
    pair.client.link.send(call(1));
    pair.run(100);
    expect(pair.log).toEqual(['client 1', 'server 1']);
    pair.run(3_600_000);
    expect(pair.log).toEqual(['client 1', 'server 1', 'client ack']);
    expect(pair.packets[2]?.at).toBe(sentAt + 20 + 200);
    expect([pair.client.link.isQuiet, pair.server.link.isQuiet]).toEqual([true, true]);
  });

  it('the next call carries the acknowledgement of the answer before', () => {
    const pair = new Pair().open();
    for (const id of [1, 2, 3]) {
      answering(pair);
      pair.client.link.send(call(id));
      pair.run(150);
    }
    expect(pair.log).toEqual(['client 1', 'server 1', 'client 2', 'server 2', 'client 3', 'server 3']);
    expect(pair.packets.map(({ frame }) => frame.link.acknowledged)).toEqual([1, 2, 2, 3, 3, 4]);
  });

  it('a call that outlasts 500 ms costs one acknowledgement, which the server sends by itself', () => {
    const pair = new Pair().open();
    const sentAt = pair.now;
    pair.client.expects = 'answers';
    pair.client.link.send(call(1));
    pair.run(5_000);
    expect(pair.log).toEqual(['client 1', 'server ack']);
    expect(pair.packets[1]?.at).toBe(sentAt + 10 + 500);
    pair.server.link.send(answer(1));
    pair.run(100);
    pair.client.expects = 'nothing';
    pair.run(10_000);
    expect(pair.log).toEqual(['client 1', 'server ack', 'server 1', 'client ack']);
  });

  it('a frame without a request is acknowledged by itself after 200 ms', () => {
    const pair = new Pair().open();
    const sentAt = pair.now;
    pair.client.link.send(notice('1'));
    pair.run(60_000);
    expect(pair.log).toEqual(['client 1', 'server ack']);
    expect(pair.packets[1]?.at).toBe(sentAt + 10 + 200);
  });

  it('frames of one moment share an acknowledgement', () => {
    const pair = new Pair().open();
    for (let i = 0; i < 5; i++) {
      pair.client.link.send(notice(`${i}`));
      pair.run(10);
    }
    pair.run(10_000);
    expect(pair.controls('ack')).toHaveLength(1);
  });

  it('an idle connection says nothing at all, for hours', () => {
    const pair = new Pair().open();
    pair.run(10 * 3_600_000);
    expect(pair.log).toEqual([]);
    expect([pair.client.link.wakeAt, pair.server.link.wakeAt]).toEqual([Infinity, Infinity]);
  });

  it('a client with an open subscription asks after 30 s, growing to 5 min', () => {
    const pair = new Pair().open();
    pair.client.expects = 'news';
    const from = pair.client.link.heardAt;
    pair.run(1_400_000);
    const times = pair.controls('probe').map(({ at }) => at - from);
    // Each is answered after 20 ms, and the next counted from that.
    expect(times).toEqual([30_000, 90_020, 210_040, 450_060, 750_080, 1_050_100, 1_350_120]);
    expect(pair.controls('ack')).toHaveLength(7);
  });

  it('a client that waits for an answer asks every 15 s whether the server lives', () => {
    const pair = new Pair().open();
    pair.client.link.send(call(1));
    pair.client.expects = 'answers';
    pair.run(50_000);
    const probes = pair.controls('probe');
    expect(probes).toHaveLength(3);
    const [ack] = pair.controls('ack');
    expect((probes[0]?.at ?? 0) - (ack?.at ?? 0)).toBe(15_010);
  });
});

describe('messages that wait', () => {
  it('while a frame is being signed share the next', () => {
    const pair = new Pair().open();
    pair.client.signMs = 50;
    for (const text of ['1', '2', '3']) {
      pair.client.link.send(notice(text));
      pair.run(10);
    }
    pair.run(200);
    expect(pair.log.slice(0, 2)).toEqual(['client 1', 'client 2']);
    expect(pair.by('client').map(({ frame }) => frame.content)).toEqual([
      notice('1').text,
      `${notice('2').text}\n${notice('3').text}`,
    ]);
    expect(pair.server.texts).toEqual(['1', '2', '3'].map((text) => notice(text).text));
  });

  it('are told apart where they belong to different requests', () => {
    const pair = new Pair().open();
    pair.server.link.send(notice('1', 7));
    pair.server.link.send(notice('2'));
    pair.server.link.send(notice('3', 8));
    pair.run(100);
    expect(pair.client.received.map(({ relation }) => relation)).toEqual(['7', undefined, '8']);
  });

  it('count until they have left', () => {
    const pair = new Pair().open();
    const message = notice('1');
    pair.client.link.send(message);
    expect(pair.client.link.queuedBytes).toBe(message.text.length);
    expect(pair.client.link.isQuiet).toBe(false);
    pair.run(0);
    expect(pair.client.link.queuedBytes).toBe(0);
    expect(pair.client.link.isQuiet).toBe(false);
    pair.run(1_000);
    expect(pair.client.link.isQuiet).toBe(true);
  });

  it('of one request name its event, so that strangers can read whose answer it is', () => {
    const pair = new Pair().open();
    const event = 'e'.repeat(64);
    pair.server.link.send(answer(1, '', event));
    pair.run(0);
    expect(pair.packets[0]?.frame.requestEvent).toBe(event);
  });
});

describe('a control frame', () => {
  it('takes no number, holds no message, and no two are equal', () => {
    const pair = new Pair().open();
    pair.client.expects = 'news';
    pair.run(3_000_000);
    const controls = pair.packets.filter(({ frame }) => frame.link.control !== undefined);
    expect(controls.length).toBeGreaterThan(10);
    for (const { frame } of controls) {
      expect(frame.content).toBe('');
      expect(frame.link.sequence).toBeUndefined();
    }
    expect(new Set(pair.by('client').map(({ frame }) => frame.link.detail)).size).toBe(
      pair.by('client').length,
    );
  });
});

describe('a frame', () => {
  it('names the connection and, at a client, the server process that it has heard', () => {
    const pair = new Pair();
    pair.client.link.send(call(1));
    pair.server.onmessage = () => pair.server.link.send(answer(1));
    pair.run(1_000);
    const [opening, , next] = pair.packets;
    expect(opening?.frame.link.instance).toBe('');
    expect(next?.frame.link.instance).toBe(pair.server.link.instance);
    expect(new Set(pair.packets.map(({ frame }) => frame.link.connection)).size).toBe(1);
  });

  it('is never stamped before the newest time that the peer has used', () => {
    const pair = new Pair().open();
    pair.now += 100_000;
    pair.server.link.send(notice('1'));
    pair.run(50);
    const stamp = pair.packets[0]?.event.created_at ?? 0;
    pair.now -= 100_000;
    pair.client.link.send(call(1));
    pair.run(50);
    expect(pair.by('client')[0]?.event.created_at).toBe(stamp);
  });
});
