import { TransportError } from '@mcp-nostr/transport';
import { describe, expect, it } from 'vitest';

import { outcomes, SessionWorld } from './session-world.test.support.ts';

/** A connection without a session to take up: of the revision that knows none. */
function opened(): SessionWorld {
  const world = new SessionWorld();
  world.request(0, 'server/discover');
  world.run(5_000);
  world.forget();
  return world;
}

describe('what a reset of the same process brings', () => {
  it('with a number: above it is sent again, below it has an unknown outcome', () => {
    const world = opened();
    world.answer = () => undefined;
    world.request(1, 'tools/call');
    world.run(15);
    world.fate = ({ from }) => (from === 'client' ? 'drop' : 'deliver');
    world.request(2, 'tools/call');
    world.run(15);
    world.letGo(true);
    world.answer = (method) => ({ method });
    world.fate = () => 'deliver';
    world.run(5_000);
    expect(outcomes(world.delivered)).toEqual([
      [1, 'outcome_unknown'],
      [2, 'ok'],
    ]);
    expect(world.methods).toEqual(['tools/call', 'tools/call']);
  });

  it('without a number: what may have arrived has an unknown outcome, and is not sent again', () => {
    const world = opened();
    world.answer = () => undefined;
    world.fate = ({ from }) => (from === 'client' ? 'drop' : 'deliver');
    world.request(1, 'tools/call');
    world.run(15);
    world.letGo(false);
    world.fate = () => 'deliver';
    world.run(5_000);
    expect(outcomes(world.delivered)).toEqual([[1, 'outcome_unknown']]);
    expect(world.methods).toEqual([]);
    expect(world.errors).toEqual([expect.objectContaining({ code: 'outcome_unknown' })]);
  });

  it('a harmless request is sent again all the same', () => {
    const world = opened();
    world.answer = () => undefined;
    world.request(1, 'tools/list');
    world.request(2, 'tools/call');
    world.run(15);
    world.letGo(false);
    world.answer = (method) => ({ method });
    world.run(40_000);
    expect(outcomes(world.delivered)).toEqual([
      [2, 'outcome_unknown'],
      [1, 'ok'],
    ]);
    expect(world.connections).toHaveLength(2);
  });

  it('what no relay took is sent again', () => {
    const world = opened();
    world.letGo(false);
    world.outcome = ({ frame }) => (frame.content.includes('"id":1') ? 'muted' : 'accepted');
    world.request(1, 'tools/call');
    world.run(100);
    world.control('reset', 'unknown');
    world.outcome = () => 'accepted';
    world.run(5_000);
    expect(outcomes(world.delivered)).toEqual([[1, 'ok']]);
  });

  it('what has not left is sent again, in its order', () => {
    const world = opened();
    world.signMs = 50;
    world.request(1, 'tools/call');
    world.notify('notifications/a');
    world.request(2, 'tools/call');
    world.control('reset', 'unknown');
    world.run(5_000);
    expect(world.methods).toEqual(['tools/call', 'notifications/a', 'tools/call']);
    expect(outcomes(world.delivered)).toEqual([
      [1, 'ok'],
      [2, 'ok'],
    ]);
  });

  it('what was being signed is sent again, and its old signature fails for nobody any more', () => {
    const world = opened();
    world.signMs = 50;
    const settled: unknown[] = [];
    world.session.send({ jsonrpc: '2.0', id: 1, method: 'tools/call' }, undefined, (error) =>
      settled.push(error),
    );
    world.run(10);
    world.control('reset', 'unknown');
    world.signerError = new TransportError('signer_failed', 'the signer refused');
    world.run(40);
    world.signerError = undefined;
    world.run(5_000);
    expect(settled.filter((error) => error !== undefined)).toEqual([]);
    expect(outcomes(world.delivered)).toEqual([[1, 'ok']]);
    expect(world.methods).toEqual(['tools/call']);
  });

  it('a notification that may have arrived is left out, and its sender is told', () => {
    const world = opened();
    const settled: unknown[] = [];
    world.outcome = () => undefined;
    world.session.send({ jsonrpc: '2.0', method: 'notifications/a' }, undefined, (error) =>
      settled.push(error),
    );
    world.run(0);
    world.control('reset', 'unknown');
    world.outcome = () => 'accepted';
    world.request(1, 'tools/call');
    world.run(5_000);
    expect(world.methods).toEqual(['notifications/a', 'tools/call']);
    expect(settled).toEqual([expect.objectContaining({ code: 'outcome_unknown' })]);
  });

  it('a notification above the number is sent again', () => {
    const world = opened();
    world.fate = ({ from }) => (from === 'client' ? 'drop' : 'deliver');
    world.notify('notifications/a');
    world.run(0);
    world.fate = () => 'deliver';
    world.control('reset', 'ended', { acknowledged: 1 });
    world.run(5_000);
    expect(world.methods).toEqual(['notifications/a']);
    expect(world.connections).toHaveLength(2);
  });

  it('is nothing before the server was heard: it concerns another connection', () => {
    const world = new SessionWorld();
    world.fate = () => 'drop';
    world.request(1, 'initialize');
    world.run(100);
    world.control('reset', 'unknown');
    world.fate = () => 'deliver';
    world.run(5_000);
    expect(world.connections).toHaveLength(1);
    expect(outcomes(world.delivered)).toEqual([[1, 'ok']]);
  });
});

describe('a reset of another process', () => {
  it('is believed only when the one we talk to has left a probe unanswered for 2 s', () => {
    const world = opened();
    world.answer = () => undefined;
    world.request(1, 'tools/call');
    world.run(1_000);
    world.restart();
    world.forget();
    world.control('reset', 'unknown');
    world.run(1_999);
    expect(world.controls('probe')[0]?.from).toBe('client');
    expect(outcomes(world.delivered)).toEqual([]);
    world.run(1);
    expect(outcomes(world.delivered)).toEqual([[1, 'outcome_unknown']]);
  });

  it('is not believed when the one we talk to answers', () => {
    const world = opened();
    world.answer = () => undefined;
    world.request(1, 'tools/call');
    world.run(1_000);
    world.control('reset', 'unknown', { instance: 'aaaaaaaaaaaaaaaa' });
    world.run(10_000);
    expect([world.connections.length, outcomes(world.delivered)]).toEqual([1, []]);
    world.say({ jsonrpc: '2.0', id: 1, result: {} });
    world.run(100);
    expect(outcomes(world.delivered)).toEqual([[1, 'ok']]);
  });

  it('that comes again does not put off the end', () => {
    const world = opened();
    world.answer = () => undefined;
    world.request(1, 'tools/call');
    world.run(1_000);
    world.links.clear();
    world.restart();
    for (let i = 0; i < 4; i++) {
      world.control('reset', 'unknown');
      world.run(500);
    }
    expect(outcomes(world.delivered)).toEqual([[1, 'outcome_unknown']]);
  });

  it('has what it says about another connection left aside: nobody but ours is heard in it', () => {
    const world = opened();
    world.answer = () => undefined;
    world.request(1, 'tools/call');
    world.run(1_000);
    const { instance } = world;
    world.instance = 'aaaaaaaaaaaaaaaa';
    world.control('ack', 'x', { acknowledged: 1_000 });
    world.instance = instance;
    world.run(100);
    expect(world.connections).toHaveLength(1);
    expect(world.controls('bye')).toEqual([]);
  });

  it('leads to the new process, where harmless requests are sent again', () => {
    const world = opened();
    world.answer = () => undefined;
    world.request(1, 'tools/list');
    world.run(1_000);
    world.restart();
    world.answer = (method) => ({ method });
    world.run(60_000);
    expect(outcomes(world.delivered)).toEqual([[1, 'ok']]);
    expect(world.connections).toHaveLength(2);
  });
});

describe('a connection that the server ends', () => {
  it('is followed by another at the next message, and not before', () => {
    const world = opened();
    world.link.close('idle');
    world.run(100_000);
    expect(world.controls('bye')).toHaveLength(1);
    expect(world.packets).toHaveLength(1);
    expect(world.session.connection).toBeUndefined();
    world.request(1, 'tools/call');
    world.run(100);
    expect(outcomes(world.delivered)).toEqual([[1, 'ok']]);
  });

  it('is lost with the requests that it had, but not with those that it had not', () => {
    const world = opened();
    world.answer = () => undefined;
    world.request(1, 'tools/call');
    world.run(1_000);
    world.link.close('server_closed');
    world.run(5);
    world.request(2, 'tools/call');
    world.answer = (method) => ({ method });
    world.run(5_000);
    expect(outcomes(world.delivered)).toEqual([
      [1, 'outcome_unknown'],
      [2, 'ok'],
    ]);
  });

  it('four times in a row without an answer leaves even harmless requests failed, and no fifth is opened', () => {
    const world = opened();
    world.answer = () => {
      for (const link of world.links.values()) link.close('idle');
      return undefined;
    };
    world.request(1, 'tools/list');
    world.run(60_000);
    expect(world.methods).toHaveLength(4);
    expect(outcomes(world.delivered)).toEqual([[1, 'server_failed']]);
    world.answer = (method) => ({ method });
    world.request(2, 'tools/list');
    world.run(1_000);
    expect(outcomes(world.delivered).at(-1)).toEqual([2, 'ok']);
  });

  it('because it broke the rules is said goodbye, and its requests have an unknown outcome', () => {
    const world = opened();
    world.answer = () => undefined;
    world.request(1, 'tools/call');
    world.run(1_000);
    world.control('ack', 'x', { acknowledged: 1_000 });
    world.run(100);
    expect(outcomes(world.delivered)).toEqual([[1, 'outcome_unknown']]);
    expect(world.controls('bye').map(({ frame }) => frame.link.detail)).toEqual(['violation']);
  });

  it('cancels, towards the program, what the server had asked; a late answer to it is swallowed', () => {
    const world = opened();
    world.say({ jsonrpc: '2.0', id: 'q', method: 'sampling/createMessage' });
    world.run(100);
    world.link.close('idle');
    world.run(100);
    expect(world.delivered.slice(1)).toEqual([
      {
        jsonrpc: '2.0',
        method: 'notifications/cancelled',
        params: { requestId: 'q', reason: expect.any(String) },
      },
    ]);
    world.forget();
    const settled: unknown[] = [];
    world.session.send({ jsonrpc: '2.0', id: 'q', result: {} }, undefined, (error) => settled.push(error));
    world.run(5_000);
    expect([settled, world.packets]).toEqual([[undefined], []]);
  });

  it('tells an open `subscriptions/listen` that it ended, and does not open it again', () => {
    const world = opened();
    world.answer = () => undefined;
    world.request(1, 'subscriptions/listen');
    world.run(1_000);
    world.link.close('idle');
    world.run(10_000);
    expect(outcomes(world.delivered)).toEqual([[1, 'outcome_unknown']]);
    expect(world.methods).toEqual(['subscriptions/listen']);
  });
});

describe('an answer to a request of the server', () => {
  it('is sent once', () => {
    const world = opened();
    world.say({ jsonrpc: '2.0', id: 'q', method: 'sampling/createMessage' });
    world.run(100);
    for (let i = 0; i < 2; i++) world.session.send({ jsonrpc: '2.0', id: 'q', result: {} }, undefined);
    world.run(100);
    expect(world.methods).toEqual(['answer']);
  });

  it('to which none was asked is swallowed', () => {
    const world = opened();
    world.session.send({ jsonrpc: '2.0', id: 'q', result: {} }, undefined);
    world.session.send({ jsonrpc: '2.0', error: { code: -1, message: '' } }, undefined);
    world.run(100);
    expect(world.packets).toEqual([]);
  });
});
