import { describe, expect, it } from 'vitest';

import { outcomes, SessionWorld } from './session-world.test.support.ts';

describe('a connection that the server ends', () => {
  it('is followed by another at the next message, and not before', () => {
    const world = new SessionWorld().discover();
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
    const world = new SessionWorld().discover();
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
    const world = new SessionWorld().discover();
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
    const world = new SessionWorld().discover();
    world.answer = () => undefined;
    world.request(1, 'tools/call');
    world.run(1_000);
    world.control('ack', 'x', { acknowledged: 1_000 });
    world.run(100);
    expect(outcomes(world.delivered)).toEqual([[1, 'outcome_unknown']]);
    expect(world.controls('bye').map(({ frame }) => frame.link.detail)).toEqual(['violation']);
  });

  it('cancels, towards the program, what the server had asked; a late answer to it is swallowed', () => {
    const world = new SessionWorld().discover();
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
    const world = new SessionWorld().discover();
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
    const world = new SessionWorld().discover();
    world.say({ jsonrpc: '2.0', id: 'q', method: 'sampling/createMessage' });
    world.run(100);
    for (let i = 0; i < 2; i++) world.session.send({ jsonrpc: '2.0', id: 'q', result: {} }, undefined);
    world.run(100);
    expect(world.methods).toEqual(['answer']);
  });

  it('to which none was asked is swallowed', () => {
    const world = new SessionWorld().discover();
    world.session.send({ jsonrpc: '2.0', id: 'q', result: {} }, undefined);
    world.session.send({ jsonrpc: '2.0', error: { code: -1, message: '' } }, undefined);
    world.run(100);
    expect(world.packets).toEqual([]);
  });
});
