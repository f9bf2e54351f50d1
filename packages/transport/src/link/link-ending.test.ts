import { describe, expect, it } from 'vitest';

import { TransportError } from '../errors.ts';
import { answer, call, harmless, notice, Pair, signerFailed } from './pair.test.support.ts';

function tooLarge(): TransportError {
  return new TransportError('relays_unreachable', 'invalid: event too large');
}

describe('a frame that cannot be signed', () => {
  it('leaves no hole: its number is given to the next', () => {
    const pair = new Pair().open();
    const errors: unknown[] = [];
    pair.client.signerError = signerFailed();
    pair.client.link.send({ ...call(1), onsettled: (error) => errors.push(error) });
    pair.run(0);
    expect(errors).toEqual([pair.client.signerError]);
    pair.client.signerError = undefined;
    pair.client.link.send(call(2));
    pair.run(1_000);
    expect(pair.by('client')[0]?.frame.link.sequence).toBe(1);
    expect(pair.server.texts).toEqual([call(2).text]);
    expect([pair.client.ends, pair.server.ends]).toEqual([[], []]);
  });

  it('is not waited for', () => {
    const pair = new Pair().open();
    pair.client.signerError = signerFailed();
    pair.client.link.send(call(1));
    pair.run(0);
    expect(pair.client.link.isQuiet).toBe(true);
    expect(pair.client.link.wakeAt).toBe(Infinity);
  });

  it('is no loss where it was an acknowledgement: the peer asks', () => {
    const pair = new Pair().open();
    pair.server.signerError = signerFailed();
    pair.client.link.send(notice('1'));
    pair.run(230);
    expect(pair.log).toEqual(['client 1']);
    pair.server.signerError = undefined;
    pair.run(3_000);
    expect(pair.client.link.isQuiet).toBe(true);
    expect(pair.server.texts).toHaveLength(1);
  });

  it('is kept where it has left before', () => {
    const pair = new Pair({ isWrapped: false }).open();
    pair.fate = () => 'drop';
    const errors: unknown[] = [];
    pair.outcome = () => undefined;
    pair.client.link.send({ ...call(1), onsettled: (error) => errors.push(error) });
    pair.run(0);
    pair.client.signerError = signerFailed();
    pair.run(2_000);
    pair.client.signerError = undefined;
    pair.fate = () => 'deliver';
    pair.run(5_000);
    expect(pair.server.texts).toEqual([call(1).text]);
    expect(errors).toEqual([undefined]);
  });

  it('stops nothing that comes after the frame being signed, and nothing leaves meanwhile', () => {
    const pair = new Pair().open();
    pair.client.signMs = 5_000;
    pair.client.link.send(call(1));
    pair.client.link.probe();
    pair.run(4_999);
    expect(pair.client.link.wakeAt).toBe(Infinity);
    expect(pair.log).toEqual([]);
    pair.run(1);
    expect(pair.log).toEqual(['client probe']);
    pair.run(5_000);
    expect(pair.by('client').map(({ frame }) => frame.content)).toContain(call(1).text);
  });
});

describe('a frame that every relay refuses', () => {
  it('ends the connection with the words of the relays', () => {
    const pair = new Pair().open();
    const error = tooLarge();
    pair.outcome = ({ frame }) => (frame.content === '' ? 'accepted' : error);
    pair.client.link.send(call(1));
    pair.run(1);
    expect(pair.client.ends).toEqual([{ code: 'refused', reason: error.message, cause: error }]);
    pair.run(1_000);
    expect(pair.server.ends).toEqual([]);
    expect(pair.client.link.undelivered().get([...pair.client.link.undelivered().keys()][0]!)).toBe(
      'untaken',
    );
  });

  it('is no end where it is a copy of what the peer has by now', () => {
    const pair = new Pair().open();
    // The acknowledgement comes in the millisecond in which the relays refuse the copy.
    pair.wayMs = 50.5;
    pair.outcome = ({ isCopy }) => (isCopy ? tooLarge() : 'accepted');
    pair.client.link.send(notice('1'));
    pair.run(1_000);
    expect(pair.packets.filter(({ isCopy }) => isCopy)).toHaveLength(1);
    expect(pair.client.ends).toEqual([]);
    expect(pair.client.link.isQuiet).toBe(true);
  });

  it('is no end where it was a control frame', () => {
    const pair = new Pair().open();
    pair.outcome = () => tooLarge();
    pair.client.link.probe();
    pair.run(10);
    expect(pair.client.ends).toEqual([]);
  });

  it('is not even made where the relays in use take too little', () => {
    const pair = new Pair().open();
    pair.client.frameBytes = 1_536 + 511;
    pair.client.link.send(call(1));
    pair.run(0);
    expect(pair.client.ends).toEqual([
      { code: 'refused', reason: 'the message is too large: the relays in use take 2047 bytes' },
    ]);
  });

  it('is made where they take 512 bytes of content', () => {
    const pair = new Pair().open();
    pair.client.frameBytes = 1_536 + 512;
    pair.client.link.send(call(1, 'x'.repeat(2_000)));
    pair.run(1_000);
    expect(pair.server.texts).toEqual([call(1, 'x'.repeat(2_000)).text]);
  });

  it('is not asked for by a relay that takes little while nothing waits', () => {
    const pair = new Pair().open();
    pair.client.frameBytes = 100;
    pair.client.expects = 'answers';
    pair.run(100_000);
    expect(pair.client.ends).toEqual([]);
  });
});

describe('a farewell', () => {
  it('is the last frame, has a number, and goes to all relays', () => {
    const pair = new Pair().open();
    pair.client.link.send(notice('1'));
    pair.run(0);
    pair.client.link.close('closed');
    expect([pair.client.link.isOver, pair.client.link.isDone]).toEqual([true, false]);
    pair.run(100);
    expect(pair.log).toEqual(['client 1', 'client bye']);
    expect(pair.packets[1]?.frame.link).toMatchObject({ sequence: 2, detail: 'closed' });
    expect(pair.packets[1]?.toAll).toBe(true);
    expect(pair.client.link.isDone).toBe(true);
    expect(pair.server.texts).toEqual([notice('1').text]);
    expect(pair.server.ends).toEqual([{ code: 'bye', reason: 'closed' }]);
  });

  it('is not answered', () => {
    const pair = new Pair().open();
    pair.client.link.close('closed');
    pair.run(100_000);
    expect(pair.log).toEqual(['client bye']);
    expect(pair.server.link.isDone).toBe(true);
  });

  it('is not said without a reason', () => {
    const pair = new Pair().open();
    pair.client.link.close();
    pair.run(100);
    expect([pair.log, pair.client.link.isDone]).toEqual([[], true]);
  });

  it('waits for what it has overtaken, but no longer than 1 s', () => {
    const pair = new Pair().open();
    pair.fate = ({ frame }) => (frame.link.sequence === 1 ? 'hold' : 'deliver');
    pair.client.link.send(notice('1'));
    pair.run(0);
    pair.client.link.close('closed');
    pair.run(1_009);
    expect(pair.server.ends).toEqual([]);
    pair.run(1);
    expect(pair.server.ends).toEqual([{ code: 'bye', reason: 'closed' }]);
    pair.release();
    expect(pair.server.texts).toEqual([]);
  });

  it('lets what comes in time be delivered before it', () => {
    const pair = new Pair().open();
    pair.fate = ({ frame }) => (frame.link.sequence === 1 ? 'hold' : 'deliver');
    pair.client.link.send(notice('1'));
    pair.run(0);
    pair.client.link.close('closed');
    pair.run(500);
    pair.release();
    expect(pair.server.texts).toEqual([notice('1').text]);
    expect(pair.server.ends).toHaveLength(1);
    pair.run(100_000);
    expect(pair.server.ends).toHaveLength(1);
  });
});

describe('a connection that is over', () => {
  it('delivers nothing, says nothing and ends only once', () => {
    const pair = new Pair().open();
    pair.server.link.send(notice('late'));
    pair.run(0);
    pair.client.link.close();
    pair.client.link.close('again');
    pair.run(100_000);
    expect(pair.client.texts).toEqual([]);
    expect(pair.client.ends).toEqual([]);
    expect(pair.by('client')).toEqual([]);
    expect(pair.client.link.wakeAt).toBe(Infinity);
  });

  it('does not end once more over a frame that every relay refuses then', () => {
    const pair = new Pair().open();
    pair.outcome = () => tooLarge();
    pair.client.link.send(call(1));
    pair.run(0);
    pair.client.link.close();
    pair.run(100);
    expect(pair.client.ends).toEqual([]);
  });

  it('hears nobody any more', () => {
    const pair = new Pair().open();
    const { heardAt } = pair.client.link;
    pair.server.link.send(notice('late'));
    pair.run(0);
    pair.client.link.close();
    pair.run(100);
    expect(pair.client.link.heardAt).toBe(heardAt);
  });

  it('delivers nothing of a frame in which the first message has ended it', () => {
    const pair = new Pair().open();
    pair.server.onmessage = () => pair.server.link.close();
    pair.client.link.send(notice('1'));
    pair.client.link.send(notice('2'));
    pair.run(100);
    expect(pair.server.texts).toEqual([notice('1').text]);
  });

  it('delivers nothing of the frames that had waited behind a gap', () => {
    const pair = new Pair().open();
    pair.fate = ({ frame }) => (frame.link.sequence === 1 ? 'hold' : 'deliver');
    for (const text of ['1', '2', '3']) {
      pair.client.link.send(notice(text));
      pair.run(0);
    }
    pair.run(50);
    pair.server.onmessage = () => pair.server.link.close();
    pair.release();
    expect(pair.server.texts).toEqual([notice('1').text]);
  });
});

describe('a connection that is over, and a message in parts', () => {
  it('frees what it had of it', () => {
    const pair = new Pair().open();
    pair.server.link.send(answer(1, 'x'.repeat(4_000_000)));
    pair.run(15);
    expect(pair.client.unfinished.bytes).toBeGreaterThan(0);
    pair.client.link.close();
    expect(pair.client.unfinished.bytes).toBe(0);
  });

  it('takes none of it any more', () => {
    const pair = new Pair().open();
    pair.fate = ({ frame }) => (frame.link.sequence === 1 ? 'hold' : 'deliver');
    pair.client.link.send(notice('1'));
    pair.run(0);
    pair.client.link.send(call(1, 'x'.repeat(50_000)));
    pair.run(50);
    pair.server.onmessage = () => pair.server.link.close();
    pair.release();
    expect(pair.server.texts).toEqual([notice('1').text]);
  });
});

describe('a link', () => {
  it('hears its peer by every frame, and tells when', () => {
    const pair = new Pair();
    expect(pair.server.link.heardAt).toBe(1_000);
    pair.client.link.send(harmless(0));
    pair.run(1_000);
    expect(pair.server.link.heardAt).toBe(1_010);
    pair.client.link.probe();
    pair.run(1_000);
    expect(pair.server.link.heardAt).toBe(2_010);
  });

  it('tells the next number that it expects', () => {
    const pair = new Pair().open();
    expect(pair.server.link.expected).toBe(1);
    pair.client.link.send(notice('1'));
    pair.run(10);
    expect(pair.server.link.expected).toBe(2);
    expect(answer(1).sort).toBe('response');
  });
});
