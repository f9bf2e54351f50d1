import { describe, expect, it } from 'vitest';

import { outcomes, SessionWorld } from './session-world.test.support.ts';

describe('a server that does not take the grant', () => {
  it('gets an opening of another connection, under another grant', () => {
    const world = new SessionWorld();
    world.refusal = 'grant_expired';
    world.regrants = [true];
    world.request(1, 'tools/call');
    world.run(15);
    world.refusal = undefined;
    world.run(5_000);
    expect(outcomes(world.delivered)).toEqual([[1, 'ok']]);
    expect(world.methods).toEqual(['tools/call']);
    expect(world.connections).toHaveLength(2);
  });

  it('is asked no more where none can be had', () => {
    const world = new SessionWorld();
    world.refusal = 'grant_expired';
    world.request(1, 'tools/call');
    world.run(60_000);
    expect(outcomes(world.delivered)).toEqual([[1, 'grant_expired']]);
    expect(world.connections).toHaveLength(1);
  });

  it('is not believed for ever: each refusal costs a question', () => {
    const world = new SessionWorld();
    world.refusal = 'grant_expired';
    world.regrants = Array.from({ length: 100 }, () => true);
    world.request(1, 'tools/call');
    world.run(60_000);
    expect(outcomes(world.delivered)).toEqual([[1, 'server_failed']]);
    expect(world.connections.length).toBeLessThan(6);
  });

  it('although it had opened the connection may have executed what it was sent', () => {
    const world = new SessionWorld().discover();
    world.answer = () => undefined;
    world.regrants = [true];
    world.request(1, 'tools/call');
    world.request(2, 'tools/list');
    world.run(15);
    world.answer = (method) => ({ method });
    world.control('refuse', 'grant_expired');
    world.run(5_000);
    expect(outcomes(world.delivered)).toEqual([
      [1, 'outcome_unknown'],
      [2, 'ok'],
    ]);
  });

  it('any more says goodbye, and is shown the one that there is: it may be another by now', () => {
    const world = new SessionWorld().discover();
    world.regrants = [true];
    world.link.close('grant_expired');
    world.request(1, 'tools/call');
    world.run(5_000);
    expect(outcomes(world.delivered)).toEqual([[1, 'ok']]);
    expect([world.methods, world.regrants]).toEqual([['tools/call'], [true]]);
  });
});

it('a refusal of another kind does not end what is open', () => {
  const world = new SessionWorld().discover();
  world.control('refuse', 'not_allowed');
  world.request(1, 'ping');
  world.run(5_000);
  expect(outcomes(world.delivered)).toEqual([[1, 'ok']]);
});

it('what is waited for is known: answers, and news', () => {
  const world = new SessionWorld().discover();
  expect(world.session.expects).toBe(false);
  world.answer = () => undefined;
  world.request(1, 'tools/call');
  expect(world.session.expects).toBe(true);
});
