import { describe, expect, it } from 'vitest';

import { answer, call, notice, Pair, signerFailed } from './pair.test.support.ts';

const MIB = 1_048_576;
const LARGEST = 10 * MIB;

/** An answer of exactly so many bytes. */
function answerOf(id: number, bytes: number) {
  return answer(id, 'x'.repeat(bytes - answer(id).text.length));
}

describe('a message of 10 MiB', () => {
  it('arrives whole, and small messages do not wait for it', () => {
    const pair = new Pair().open();
    const large = answerOf(1, LARGEST);
    pair.server.link.send(large);
    pair.run(20);
    for (let i = 0; i < 5; i++) {
      const { now } = pair;
      pair.server.link.send(notice(`${i}`));
      while (pair.client.received.length <= i) pair.run(1);
      expect(pair.now - now).toBeLessThan(100);
    }
    expect(pair.client.texts).toEqual([0, 1, 2, 3, 4].map((i) => notice(`${i}`).text));
    pair.run(20_000);
    expect(pair.client.texts.at(-1) === large.text).toBe(true);
    expect(pair.packets.every(({ event }) => JSON.stringify(event).length <= 40_960)).toBe(true);
  });

  it('keeps its order with the messages of its request', () => {
    const pair = new Pair().open();
    const large = notice('x'.repeat(LARGEST - 200), 7);
    pair.server.link.send(large);
    pair.server.link.send(notice('behind', 7));
    pair.server.link.send(answer(7));
    pair.server.link.send(answer(8));
    pair.run(20_000);
    expect(pair.client.texts.map((text) => text.length)).toEqual(
      [answer(8), large, notice('behind'), answer(7)].map(({ text }) => text.length),
    );
  });

  it('flows under a window: never more than that unacknowledged, and acknowledged as it comes', () => {
    const pair = new Pair().open();
    pair.server.link.send(answerOf(1, LARGEST));
    let most = 0;
    const received = new Set<number>();
    pair.fate = ({ from, frame }) => {
      if (from === 'server' && frame.link.sequence !== undefined) {
        const acknowledged = pair.client.link.expected;
        received.add(frame.link.sequence);
        most = Math.max(most, (frame.link.sequence - acknowledged + 1) * 39_424);
      }
      return 'deliver';
    };
    const from = pair.now;
    pair.run(20_000);
    expect(pair.client.received).toHaveLength(1);
    expect(most).toBeLessThanOrEqual(MIB + 39_424);
    expect(pair.client.received[0]?.text.length).toBe(LARGEST);
    const last = pair.by('server').at(-1)?.at ?? Infinity;
    expect(last - from).toBeLessThan(1_000);
  });

  it('is not begun before 524,288 bytes are acknowledged beyond the first 524,288', () => {
    const pair = new Pair().open();
    pair.fate = ({ from }) => (from === 'client' ? 'drop' : 'deliver');
    pair.server.link.send(answerOf(1, LARGEST));
    pair.run(0);
    const bytes = pair.packets.reduce((sum, { frame }) => sum + frame.content.length, 0);
    expect(bytes).toBeGreaterThanOrEqual(524_288);
    expect(bytes).toBeLessThan(524_288 + 40_960);
  });
});

describe('the window', () => {
  it('has at most 256 frames', () => {
    const pair = new Pair().open();
    pair.fate = () => 'drop';
    for (let i = 0; i < 300; i++) {
      pair.client.link.send(notice(`${i}`));
      pair.run(0);
    }
    expect(new Set(pair.log).size).toBe(256);
  });

  it('opens again as acknowledgements come, and nothing is lost', () => {
    const pair = new Pair().open();
    const texts = Array.from({ length: 300 }, (_, i) => {
      const message = notice(`${i}`);
      pair.client.link.send(message);
      pair.run(0);
      return message.text;
    });
    pair.run(2_000);
    expect(pair.server.texts).toEqual(texts);
  });
});

describe('congestion', () => {
  it('is an interval without a word, then half of the window; the frame is kept', () => {
    const pair = new Pair().open();
    pair.outcome = () => 'congested';
    pair.client.link.send(call(1));
    const { now } = pair;
    pair.run(1_000);
    expect(pair.log).toEqual(['client 1']);
    pair.outcome = () => 'accepted';
    pair.run(1_000);
    expect(pair.log.slice(0, 2)).toEqual(['client 1', 'client 1']);
    expect(pair.packets[1]?.at).toBe(now + 1 + 1_000);
    expect(pair.server.texts).toEqual([call(1).text]);
    expect(pair.client.ends).toEqual([]);
  });

  it('is over after 1 s, also where the frame would not be overdue yet', () => {
    const pair = new Pair().open();
    pair.outcome = () => 'congested';
    const { now } = pair;
    pair.server.link.send(call(1));
    pair.run(500);
    pair.outcome = () => 'accepted';
    pair.run(1_000);
    expect(pair.packets.slice(0, 2).map(({ at }) => at - now)).toEqual([0, 1_001]);
  });

  it('of a frame that the peer has meanwhile repeats nothing', () => {
    const pair = new Pair().open();
    pair.client.link.send(notice('1'));
    pair.run(5_000);
    const [sent] = pair.packets;
    pair.forget();
    pair.client.link.published(undefined, 'congested');
    pair.run(10_000);
    expect(sent?.frame.link.sequence).toBe(1);
    expect(pair.log).toEqual([]);
  });

  it('of an acknowledgement does not keep a message of that moment back for longer than its pause', () => {
    const pair = new Pair().open();
    pair.client.link.published(undefined, 'congested');
    const { now } = pair;
    pair.client.link.send(notice('1'));
    pair.run(5_000);
    expect(pair.packets[0]?.at).toBe(now + 1_000);
    expect(pair.server.texts).toEqual([notice('1').text]);
  });
});

describe('a message in parts', () => {
  it('of which the rest is taken back is aborted, and the cancellation passes it', () => {
    const pair = new Pair().open();
    const large = call(1, 'x'.repeat(LARGEST - 200));
    pair.client.link.send(large);
    pair.run(10);
    expect(pair.client.link.withdraw((message) => message === large)).toEqual([large]);
    pair.client.link.send(notice('cancelled'));
    pair.run(5_000);
    expect(pair.server.texts).toEqual([notice('cancelled').text]);
    const aborts = pair.packets.filter(({ frame }) => frame.part?.sort === 'abort');
    expect(aborts).toHaveLength(1);
    expect(pair.by('client').length).toBeLessThan(50);
    expect(pair.client.link.isQuiet).toBe(true);
  });

  it('counts for its whole length until it has left whole', () => {
    const pair = new Pair().open();
    const large = call(1, 'x'.repeat(MIB));
    pair.client.link.send(large);
    pair.run(0);
    expect(pair.client.link.queuedBytes).toBe(large.text.length);
    pair.run(5_000);
    expect(pair.client.link.queuedBytes).toBe(0);
  });

  it('is settled by its last part, not by its first', () => {
    const pair = new Pair().open();
    const settledAt: number[] = [];
    pair.client.link.send({ ...call(1, 'x'.repeat(2 * MIB)), onsettled: () => settledAt.push(pair.now) });
    pair.run(5_000);
    const last = pair.by('client').findLast(({ frame }) => frame.part !== undefined);
    expect(settledAt[0]).toBe((last?.at ?? 0) + 1);
  });

  it('that is lost for want of room is told, and the connection goes on', () => {
    const pair = new Pair({ maxUnfinishedBytes: 500_000 }).open();
    pair.server.link.send(answerOf(7, MIB));
    pair.run(5_000);
    pair.server.link.send(answer(8));
    pair.run(1_000);
    expect(pair.client.lost).toEqual([expect.objectContaining({ sort: 'response', id: '7' })]);
    expect(pair.client.texts).toEqual([answer(8).text]);
    expect(pair.client.ends).toEqual([]);
  });

  it('loses its rest where one part cannot be signed, and leaves no hole', () => {
    const pair = new Pair().open();
    const errors: unknown[] = [];
    pair.client.link.send({ ...call(1, 'x'.repeat(MIB)), onsettled: (error) => errors.push(error) });
    pair.run(0);
    pair.client.signerError = signerFailed();
    pair.run(30);
    pair.client.signerError = undefined;
    pair.client.link.send(call(2));
    pair.run(5_000);
    expect(errors).toEqual([expect.objectContaining({ code: 'signer_failed' })]);
    expect(pair.server.texts).toEqual([call(2).text]);
    expect(pair.packets.filter(({ frame }) => frame.part?.sort === 'abort')).toHaveLength(1);
    expect(pair.client.link.isQuiet).toBe(true);
  });

  it('is aborted too where its last part cannot be signed', () => {
    const pair = new Pair().open();
    pair.client.signMs = 10;
    pair.client.link.send(call(1, 'x'.repeat(50_000)));
    pair.run(11);
    pair.client.signerError = signerFailed();
    pair.run(100);
    pair.client.signerError = undefined;
    pair.client.signMs = 0;
    pair.client.link.send(call(2));
    pair.run(1_000);
    expect(pair.by('client').map(({ frame }) => frame.part?.sort)).toEqual(['request', 'abort', undefined]);
    expect(pair.server.texts).toEqual([call(2).text]);
  });

  it('brings the request that it belongs to', () => {
    const pair = new Pair().open();
    pair.server.link.send(notice('x'.repeat(MIB), 7));
    pair.run(5_000);
    expect(pair.client.received[0]?.relation).toBe('7');
  });

  it('whose declared size lies ends the connection', () => {
    const pair = new Pair().open();
    const { connection, instance } = pair.client.link;
    const part = { message: 0, totalBytes: 5, sort: 'response' as const, id: '1' };
    const link = { connection, instance, sequence: 1, acknowledged: 1 };
    pair.client.link.receive({ link, part, content: '123456' }, { id: 'x', createdAt: 0, bytes: 600 });
    expect(pair.client.ends).toEqual([
      { code: 'violation', reason: 'message 0 is larger than the 5 bytes declared' },
    ]);
    pair.client.link.receive(
      { link: { ...link, sequence: 2 }, content: answer(1).text },
      { id: 'y', createdAt: 0, bytes: 600 },
    );
    expect(pair.client.texts).toEqual([]);
  });

  it('whose receiver throws is no fault of the peer', () => {
    const pair = new Pair().open();
    pair.server.onmessage = () => {
      throw new Error('ours');
    };
    pair.client.link.send(call(1, 'x'.repeat(50_000)));
    expect(() => pair.run(100)).toThrow('ours');
    expect(pair.server.ends).toEqual([]);
  });

  it('makes a call that is acknowledged by its answer, as any other', () => {
    const pair = new Pair().open();
    pair.server.onmessage = () => pair.server.link.send(answer(1));
    pair.client.link.send(call(1, 'x'.repeat(50_000)));
    pair.run(150);
    expect(pair.log).toEqual(['client 1', 'client 2', 'server 1']);
  });
});
