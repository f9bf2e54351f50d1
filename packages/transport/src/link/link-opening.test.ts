import { describe, expect, it } from 'vitest';

import { answer, call, harmless, notice, Pair, signerFailed } from './pair.test.support.ts';

describe('an opening', () => {
  it('carries one harmless message, and everything else waits until the server was heard and shares frame 1', () => {
    const pair = new Pair();
    pair.client.link.send(harmless(1));
    pair.client.link.send(harmless(2));
    pair.client.link.send(call(3));
    pair.run(9);
    expect(pair.packets.map(({ frame }) => frame.content)).toEqual([harmless(1).text]);
    expect(pair.client.link.isOpen).toBe(false);
    pair.run(1_000);
    expect(pair.client.link.isOpen).toBe(true);
    expect(pair.by('client')[1]?.frame.content).toBe(`${harmless(2).text}\n${call(3).text}`);
    expect(pair.server.texts).toEqual([harmless(1).text, harmless(2).text, call(3).text]);
  });

  it('carries nothing where the first message is not harmless', () => {
    const pair = new Pair();
    pair.client.link.send(call(1));
    pair.run(1_000);
    expect(pair.by('client').map(({ frame }) => frame.content)).toEqual(['', call(1).text]);
    expect(pair.server.texts).toEqual([call(1).text]);
  });

  it('has no room for a message beside what it shows of its author, which follows', () => {
    const pair = new Pair({ frameBytes: 4_096 });
    const large = { ...harmless(1), text: harmless(1).text + ' '.repeat(2_000) };
    pair.client.credentialBytes = 1_000;
    pair.client.link.send(large);
    pair.run(1_000);
    expect(pair.by('client').map(({ frame }) => frame.content)).toEqual(['', large.text]);
    const roomy = new Pair({ frameBytes: 4_096 });
    roomy.client.link.send(large);
    roomy.run(1_000);
    expect(roomy.by('client')[0]?.frame.content).toBe(large.text);
  });

  it('leaves only when something is wanted', () => {
    const pair = new Pair();
    pair.run(3_600_000);
    expect(pair.log).toEqual([]);
    expect(pair.client.link.wakeAt).toBe(Infinity);
  });

  it('is answered at once with what is ready within 50 ms', () => {
    const pair = new Pair();
    const answers: number[] = [];
    pair.server.onmessage = () => answers.push(1);
    pair.client.link.send(harmless(1));
    pair.run(10 + 49);
    pair.server.link.send(answer(1));
    pair.run(20);
    expect(pair.log).toEqual(['client 0', 'server 0']);
    expect(pair.packets.map(({ toAll }) => toAll)).toEqual([true, false]);
    expect(answers).toHaveLength(1);
  });

  it('is answered by an acknowledgement after 50 ms where nothing is', () => {
    const pair = new Pair();
    pair.client.link.send(harmless(1));
    pair.run(10 + 50);
    expect(pair.log).toEqual(['client 0', 'server ack']);
    expect(pair.packets[1]?.at).toBe(1_000 + 10 + 50);
  });

  it('that nobody answers is signed anew with the present time, the same number and the same content', () => {
    const pair = new Pair();
    pair.fate = () => 'drop';
    pair.client.link.send(harmless(1));
    pair.run(3_000);
    const { packets } = pair;
    expect(packets.map(({ at }) => at - 1_000)).toEqual([0, 500, 1_500, 2_500]);
    expect(new Set(packets.map(({ event }) => event.id)).size).toBe(4);
    expect(packets.map(({ event }) => event.created_at)).toEqual([
      1_700_000_001, 1_700_000_001, 1_700_000_002, 1_700_000_003,
    ]);
    expect(new Set(packets.map(({ frame }) => frame.content))).toEqual(new Set([harmless(1).text]));
    expect(packets.every(({ frame, toAll }) => frame.link.sequence === 0 && toAll)).toBe(true);
  });

  it('that came twice opens nothing twice', () => {
    const pair = new Pair();
    let isFirst = true;
    pair.fate = ({ from }) => (from === 'server' && isFirst ? ((isFirst = false), 'drop') : 'deliver');
    pair.client.link.send(harmless(1));
    pair.run(5_000);
    expect(pair.by('client').filter(({ frame }) => frame.link.sequence === 0)).toHaveLength(2);
    expect(pair.server.texts).toEqual([harmless(1).text]);
    expect(pair.client.link.isOpen).toBe(true);
  });

  it('that nobody answers ends the connection after 11 s', () => {
    const pair = new Pair();
    pair.fate = () => 'drop';
    pair.client.link.send(harmless(1));
    pair.run(10_999);
    expect(pair.client.ends).toEqual([]);
    pair.run(1);
    expect(pair.client.ends).toEqual([expect.objectContaining({ code: 'silent' })]);
  });

  it('to which every relay says that nobody listens ends the connection after 5 s, asked every 500 ms', () => {
    const pair = new Pair();
    pair.outcome = () => 'muted';
    pair.client.link.send(harmless(1));
    pair.run(5_000);
    expect(pair.client.ends).toEqual([]);
    expect(pair.log.length).toBeGreaterThanOrEqual(9);
    pair.run(1);
    expect(pair.client.ends).toEqual([expect.objectContaining({ code: 'silent' })]);
  });

  it('waits for a relay, and goes out the moment that there is one', () => {
    const pair = new Pair();
    pair.client.link.relaysChanged(false, false);
    pair.client.link.send(harmless(1));
    pair.run(5_000);
    expect(pair.log).toEqual([]);
    pair.client.link.relaysChanged(true, true);
    pair.run(0);
    expect(pair.log).toEqual(['client 0']);
  });

  it('fails after 11 s where no relay can be reached', () => {
    const pair = new Pair({ isReachable: false });
    pair.client.link.send(harmless(1));
    pair.run(11_000);
    expect(pair.client.ends).toEqual([expect.objectContaining({ code: 'unreachable' })]);
    expect(pair.log).toEqual([]);
  });

  it('goes out at once on a relay that became usable', () => {
    const pair = new Pair();
    pair.fate = () => 'drop';
    pair.client.link.send(harmless(1));
    pair.run(700);
    pair.client.link.relaysChanged(true, true);
    pair.run(0);
    expect(pair.packets.map(({ at }) => at - 1_000)).toEqual([0, 500, 700]);
    pair.client.link.relaysChanged(true, false);
    pair.run(1);
    expect(pair.log).toHaveLength(3);
  });

  it('whose stamp was refused is signed once more at once', () => {
    const pair = new Pair();
    pair.fate = () => 'drop';
    pair.client.link.send(harmless(1));
    pair.run(100);
    pair.client.link.openAgain();
    pair.run(0);
    expect(pair.log).toEqual(['client 0', 'client 0']);
    pair.run(10_999);
    expect(pair.client.ends).toEqual([]);
    pair.run(1);
    expect(pair.client.ends).toHaveLength(1);
  });

  it('whose stamp was refused has reached the server, whatever relays said of it before', () => {
    const pair = new Pair();
    pair.fate = () => 'drop';
    pair.outcome = () => 'muted';
    pair.client.link.send(harmless(1));
    pair.run(4_000);
    pair.outcome = () => 'congested';
    pair.client.link.openAgain();
    pair.run(2_000);
    expect(pair.client.ends).toEqual([]);
  });

  it('that the signer refuses ends the connection, and nothing has left', () => {
    const pair = new Pair();
    const errors: unknown[] = [];
    pair.client.signerError = signerFailed();
    pair.client.link.send({ ...harmless(1), onsettled: (error) => errors.push(error) });
    pair.run(100);
    expect(pair.client.ends).toEqual([
      expect.objectContaining({
        code: 'signer',
        reason: 'the signer refused',
        cause: pair.client.signerError,
      }),
    ]);
    expect(errors).toEqual([pair.client.signerError]);
    expect([pair.log, pair.client.link.isDone]).toEqual([[], true]);
  });

  it('whose repetition the signer refuses is tried again', () => {
    const pair = new Pair();
    pair.fate = () => 'drop';
    pair.client.link.send(harmless(1));
    pair.run(0);
    pair.client.signerError = signerFailed();
    pair.run(600);
    pair.client.signerError = undefined;
    pair.run(1_000);
    expect(pair.client.ends).toEqual([]);
    expect(pair.log).toEqual(['client 0', 'client 0']);
  });

  it('that takes long to be signed has its time once it has left', () => {
    const pair = new Pair();
    pair.fate = () => 'drop';
    pair.client.signMs = 60_000;
    pair.client.link.send(harmless(1));
    pair.run(60_000);
    expect(pair.log).toEqual(['client 0']);
    pair.client.signMs = 0;
    pair.run(10_999);
    expect(pair.client.ends).toEqual([]);
  });
});

describe('a client that was not heard yet', () => {
  it('is nobody to the server to whom a farewell would have to be said', () => {
    const pair = new Pair();
    pair.client.link.close('closed');
    pair.run(100);
    expect([pair.log, pair.client.link.isDone]).toEqual([[], true]);
  });

  it('says farewell where its opening may have arrived', () => {
    const pair = new Pair();
    pair.client.link.send(harmless(1));
    pair.run(0);
    pair.client.link.send(notice('1'));
    pair.client.link.close('closed');
    pair.run(2_000);
    expect(pair.log).toEqual(['client 0', 'client bye']);
    expect(pair.server.ends).toEqual([{ code: 'bye', reason: 'closed' }]);
  });
});
