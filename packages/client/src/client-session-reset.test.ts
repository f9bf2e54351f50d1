import { TransportError } from '@mcp-nostr/transport';
import { describe, expect, it } from 'vitest';

import { outcomes, SessionWorld } from './session-world.test.support.ts';

describe('what a reset of the same process brings', () => {
  it('with a number: above it is sent again, below it has an unknown outcome', () => {
    const world = new SessionWorld().discover();
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
    const world = new SessionWorld().discover();
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
    const world = new SessionWorld().discover();
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
    const world = new SessionWorld().discover();
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
    const world = new SessionWorld().discover();
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
    const world = new SessionWorld().discover();
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
    const world = new SessionWorld().discover();
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
    const world = new SessionWorld().discover();
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
    const world = new SessionWorld().discover();
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
    const world = new SessionWorld().discover();
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
    const world = new SessionWorld().discover();
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
    const world = new SessionWorld().discover();
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
    const world = new SessionWorld().discover();
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
