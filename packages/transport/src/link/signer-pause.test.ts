import { describe, expect, it, vi } from 'vitest';

import { TransportError } from '../errors.ts';
import { call, notice, Pair } from './pair.test.support.ts';

const failed = (): TransportError => new TransportError('signer_failed', 'the signer is away');
const answer = { text: '{"jsonrpc":"2.0","id":1,"result":{}}', sort: 'response' as const, id: '1' };

describe('an answer that cannot be signed', () => {
  it('waits for the signer and arrives, once and before what was sent after it', () => {
    const pair = new Pair().open();
    pair.server.signerError = failed();
    const settled: unknown[] = [];
    pair.server.link.send({ ...answer, onsettled: (error) => settled.push(error) });
    pair.run(10_000);
    expect([pair.client.texts, settled]).toEqual([[], []]);
    pair.server.signerError = undefined;
    pair.server.link.send({ ...answer, text: '"later"', id: '2' });
    pair.run(30_000);
    expect(pair.client.texts).toEqual([answer.text, '"later"']);
    expect(settled).toContain(undefined);
  });

  it('is tried again after 1 s, then after twice as long', () => {
    const pair = new Pair().open();
    const failures: number[] = [];
    pair.server.signerError = failed();
    pair.server.link.send(answer);
    for (let ms = 0; ms < 8_000; ms += 100) {
      const before = pair.server.link.wakeAt;
      pair.run(100);
      if (pair.server.link.wakeAt !== before) failures.push(ms);
    }
    expect(failures.length).toBeLessThan(8);
    expect(failures.length).toBeGreaterThan(2);
  });

  it('waits also where it is large, and none of its parts is left behind', () => {
    const pair = new Pair().open();
    const text = `"${'x'.repeat(200_000)}"`;
    pair.server.signMs = 5;
    pair.server.link.send({ ...answer, text });
    pair.run(11);
    pair.server.signerError = failed();
    pair.run(100);
    pair.server.signerError = undefined;
    pair.run(10_000);
    expect(pair.client.texts).toEqual([text]);
    expect(pair.client.unfinished.bytes).toBe(0);
  });
});

describe('a probe', () => {
  it('that a person allows after 30 s has been asked then, and not before', () => {
    const pair = new Pair().open();
    pair.client.expects = 'answers';
    pair.client.signMs = 30_000;
    pair.run(100_000);
    expect(pair.controls('probe').length).toBeGreaterThan(1);
    expect(pair.client.ends).toEqual([]);
  });

  it('that cannot be signed has asked nobody: there is no silence, and the signer is asked ever more seldom', () => {
    const pair = new Pair().open();
    pair.client.expects = 'answers';
    pair.client.signerError = failed();
    const unsigned = vi.spyOn(pair.client.link, 'unsigned');
    pair.run(120_000);
    expect(pair.client.ends).toEqual([]);
    expect(unsigned.mock.calls.length).toBeGreaterThan(3);
    expect(unsigned.mock.calls.length).toBeLessThan(10);
    pair.client.signerError = undefined;
    pair.run(31_000);
    expect(pair.controls('ack').length).toBeGreaterThan(0);
  });

  it('of a server that cannot be signed for two minutes is not tried again until its client is heard', () => {
    const pair = new Pair().open();
    pair.fate = () => 'drop';
    pair.server.link.send(notice('1'));
    pair.run(0);
    pair.server.signerError = failed();
    pair.run(200_000);
    pair.forget();
    pair.run(3_600_000);
    expect(pair.log).toEqual([]);
    expect(pair.server.link.wakeAt).toBe(Infinity);
  });

  it('that cannot be signed does not hold up a request', () => {
    const pair = new Pair().open();
    pair.client.expects = 'answers';
    pair.client.signerError = failed();
    pair.run(60_000);
    pair.client.signerError = undefined;
    pair.client.link.send(call(1));
    pair.run(0);
    expect(pair.log).toContain('client 1');
  });
});

describe('a request that cannot be signed', () => {
  it('fails at once', () => {
    const pair = new Pair().open();
    pair.client.signerError = failed();
    const settled: unknown[] = [];
    pair.client.link.send({
      text: '{}',
      sort: 'request',
      id: '1',
      onsettled: (error) => settled.push(error?.code),
    });
    pair.run(0);
    expect(settled).toEqual(['signer_failed']);
  });
});
