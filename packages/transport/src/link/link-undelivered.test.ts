import { describe, expect, it } from 'vitest';

import { call, notice, Pair, signerFailed } from './pair.test.support.ts';

describe('what is not known to have arrived', () => {
  it('has never left, or was taken by no relay, or has an unknown fate, in its order', () => {
    const pair = new Pair().open();
    pair.fate = () => 'drop';
    const [sent, muted, waiting] = [call(1), call(2), call(3)];
    pair.client.link.send(sent);
    pair.run(1);
    pair.outcome = () => 'muted';
    pair.client.link.send(muted);
    pair.run(1);
    pair.client.link.send(waiting);
    expect([...pair.client.link.undelivered()]).toEqual([
      [sent, 'unknown'],
      [muted, 'untaken'],
      [waiting, 'unsent'],
    ]);
  });

  it('has an unknown fate where one of several attempts may have arrived, or no relay said a word', () => {
    const pair = new Pair().open();
    pair.fate = () => 'drop';
    pair.outcome = ({ isCopy }) => (isCopy ? 'muted' : undefined);
    const message = call(1);
    pair.client.link.send(message);
    pair.run(3_000);
    expect(pair.log.filter((each) => each === 'client 1').length).toBeGreaterThan(1);
    expect([...pair.client.link.undelivered().values()]).toEqual(['unknown']);
  });

  it('has not left where the frame is still being signed', () => {
    const pair = new Pair().open();
    pair.client.signMs = 1_000;
    pair.client.link.send(call(1));
    pair.run(10);
    expect([...pair.client.link.undelivered().values()]).toEqual(['untaken']);
  });

  it('is a message in parts only once its last part has left', () => {
    const pair = new Pair().open();
    pair.fate = () => 'drop';
    const large = call(1, 'x'.repeat(1_048_576));
    pair.client.link.send(large);
    pair.run(0);
    expect([...pair.client.link.undelivered()]).toEqual([[large, 'unsent']]);
  });

  it('is no message that was taken back, although parts of it have left', () => {
    const pair = new Pair().open();
    pair.fate = () => 'drop';
    pair.client.link.send(call(1, 'x'.repeat(1_048_576)));
    pair.run(0);
    pair.client.link.withdraw(() => true);
    expect([...pair.client.link.undelivered().keys()]).toEqual([]);
  });

  it('leaves no more once it was given up, although its signature comes', () => {
    const pair = new Pair().open();
    pair.client.signMs = 100;
    pair.client.link.send(call(1));
    pair.run(10);
    pair.client.link.undelivered();
    pair.client.link.close();
    pair.run(1_000);
    expect(pair.log).toEqual([]);
    expect(pair.client.link.isDone).toBe(true);
  });

  it('does not fail once it was given up, although its signature does', () => {
    const pair = new Pair().open();
    pair.client.signMs = 100;
    const settled: unknown[] = [];
    pair.client.link.send({ ...call(1), onsettled: (error) => settled.push(error) });
    pair.run(10);
    pair.client.link.undelivered();
    pair.client.link.close();
    pair.client.signerError = signerFailed();
    pair.run(1_000);
    expect(settled).toEqual([]);
    expect(pair.client.link.isDone).toBe(true);
  });

  it('may leave where the connection is closed with a farewell', () => {
    const pair = new Pair().open();
    pair.client.signMs = 100;
    pair.client.link.send(notice('1'));
    pair.run(10);
    pair.client.link.close('closed');
    pair.run(1_000);
    expect(pair.log).toEqual(['client 1', 'client bye']);
    expect(pair.server.texts).toEqual([notice('1').text]);
  });

  it('shrinks by what the peer says at the end, and not by what was never sent', () => {
    const pair = new Pair().open();
    pair.fate = () => 'drop';
    const [first, second] = [call(1), call(2)];
    pair.client.link.send(first);
    pair.run(0);
    pair.client.link.send(second);
    pair.run(0);
    pair.client.link.acknowledge(4);
    expect(pair.client.link.isQuiet).toBe(false);
    pair.client.link.acknowledge(2);
    expect([...pair.client.link.undelivered().keys()]).toEqual([second]);
    pair.client.link.acknowledge(3);
    expect(pair.client.link.isQuiet).toBe(true);
  });

  it('is settled at the first word of a relay that took it, and not before', () => {
    const pair = new Pair().open();
    const settled: string[] = [];
    let outcome: 'muted' | 'sent' = 'muted';
    pair.outcome = () => outcome;
    pair.client.link.send({ ...call(1), onsettled: () => settled.push('1') });
    pair.run(400);
    expect(settled).toEqual([]);
    outcome = 'sent';
    pair.run(200);
    expect(settled).not.toEqual([]);
  });
});
