import { TransportError } from '@mcp-nostr/transport';
import { describe, expect, it } from 'vitest';

import { outcomes, SessionWorld } from './session-world.test.support.ts';

describe('a server that is silent', () => {
  it('where nobody listens: what no relay took fails with `server_silent` after 5 s, what may have arrived is unknown', () => {
    const world = new SessionWorld().handshake();
    world.answer = () => undefined;
    world.request(1, 'tools/call');
    world.run(1_000);
    world.outcome = () => 'muted';
    world.request(2, 'tools/call');
    world.request(3, 'tools/list');
    world.run(5_002);
    expect(outcomes(world.delivered)).toEqual([
      [1, 'outcome_unknown'],
      [2, 'server_silent'],
      [3, 'server_silent'],
    ]);
    expect(JSON.stringify(world.delivered)).toContain('wss://one');
  });

  it('has its connection abandoned: the next request opens a new one, and what failed stays where it is', () => {
    const world = new SessionWorld();
    world.outcome = () => 'muted';
    world.request(1, 'tools/call');
    world.run(5_002);
    world.outcome = () => 'accepted';
    world.request(2, 'tools/call');
    world.run(5_000);
    expect(outcomes(world.delivered)).toEqual([
      [1, 'server_silent'],
      [2, 'ok'],
    ]);
    expect(world.methods).toEqual(['tools/call']);
    expect(world.connections).toHaveLength(2);
  });

  it('although relays take everything fails what waits after 20 s of probes', () => {
    const world = new SessionWorld().handshake();
    world.fate = () => 'drop';
    world.request(1, 'tools/call');
    world.request(2, 'ping');
    world.run(19_000);
    expect(outcomes(world.delivered)).toEqual([]);
    world.run(3_000);
    expect(outcomes(world.delivered)).toEqual([
      [1, 'outcome_unknown'],
      [2, 'server_silent'],
    ]);
  });

  it('from the beginning fails what waits after 11 s: nothing has arrived', () => {
    const world = new SessionWorld();
    world.fate = () => 'drop';
    world.request(1, 'initialize');
    world.request(2, 'tools/call');
    world.run(11_000);
    expect(outcomes(world.delivered)).toEqual([
      [1, 'server_silent'],
      [2, 'server_silent'],
    ]);
  });

  it('is asked every 15 s while a request waits, and at 30 s, growing, for a listener', () => {
    for (const [method, first] of [
      ['tools/call', 15_000],
      ['subscriptions/listen', 30_000],
    ] as const) {
      const world = new SessionWorld().handshake();
      world.answer = () => undefined;
      world.request(1, method);
      world.run(100_000);
      const [ack] = world.controls('ack');
      const [probe] = world.controls('probe');
      expect((probe?.at ?? 0) - (ack?.at ?? 0)).toBe(first + 10);
    }
  });

  it('is found out by whoever listens, without a word of the application', () => {
    const world = new SessionWorld();
    world.answer = () => undefined;
    world.request(1, 'subscriptions/listen');
    world.run(1_000);
    world.fate = () => 'drop';
    world.run(60_000);
    expect(outcomes(world.delivered)).toEqual([[1, 'outcome_unknown']]);
  });

  it('is not asked any more once everything is answered', () => {
    const world = new SessionWorld().handshake();
    world.answer = () => undefined;
    world.request(1, 'tools/call');
    world.run(20_000);
    world.say({ jsonrpc: '2.0', id: 1, result: {} });
    world.run(1_000);
    world.forget();
    world.run(3_600_000);
    expect(world.packets).toEqual([]);
  });
});

describe('where no relay is reached', () => {
  it('what has not left fails after 10 s, and the connection stays', () => {
    const world = new SessionWorld().handshake();
    world.session.relaysChanged(false, false);
    const settled: unknown[] = [];
    const notice = { jsonrpc: '2.0' as const, method: 'notifications/a' };
    world.session.send(notice, undefined, (error) => settled.push(error));
    world.request(1, 'tools/call');
    world.run(9_999);
    expect(outcomes(world.delivered)).toEqual([]);
    world.run(1);
    expect(outcomes(world.delivered)).toEqual([[1, 'relays_unreachable']]);
    expect(settled).toEqual([expect.objectContaining({ code: 'relays_unreachable' })]);
    world.session.relaysChanged(true, true);
    world.request(2, 'tools/call');
    world.run(1_000);
    expect(world.methods).toEqual(['tools/call']);
    expect(world.connections).toHaveLength(1);
  });

  it('the connection stays for as long as nothing more waits, and nobody is asked for what failed', () => {
    const world = new SessionWorld().handshake();
    const { connection } = world.session;
    world.session.relaysChanged(false, false);
    world.request(1, 'tools/call');
    world.run(600_000);
    expect(outcomes(world.delivered)).toEqual([[1, 'relays_unreachable']]);
    world.session.relaysChanged(true, true);
    world.run(600_000);
    expect(world.packets).toEqual([]);
    expect(world.session.connection).toBe(connection);
  });

  it('what has not left goes out when a relay is back in time', () => {
    const world = new SessionWorld().handshake();
    world.session.relaysChanged(false, false);
    world.request(1, 'tools/call');
    world.run(9_000);
    world.session.relaysChanged(true, true);
    world.run(20_000);
    expect(outcomes(world.delivered)).toEqual([[1, 'ok']]);
  });

  it('what has left may still be answered, for 60 s', () => {
    const world = new SessionWorld().handshake();
    world.answer = () => undefined;
    world.request(1, 'tools/call');
    world.run(1_000);
    world.session.relaysChanged(false, false);
    world.run(59_999);
    expect(outcomes(world.delivered)).toEqual([]);
    world.run(1);
    expect(outcomes(world.delivered)).toEqual([[1, 'outcome_unknown']]);
  });

  it('what had waited when the last one went fails after 10 s too', () => {
    const world = new SessionWorld().handshake();
    world.signMs = 1_000;
    world.request(1, 'tools/call');
    world.run(10);
    world.request(2, 'tools/call');
    world.session.relaysChanged(false, false);
    world.fate = () => 'drop';
    world.run(10_000);
    expect(outcomes(world.delivered)).toEqual([[2, 'relays_unreachable']]);
  });

  it('an opening fails after 11 s with the relays that were tried', () => {
    const world = new SessionWorld();
    world.session.relaysChanged(false, false);
    world.request(1, 'initialize');
    world.run(11_000);
    expect(outcomes(world.delivered)).toEqual([[1, 'relays_unreachable']]);
  });
});

describe('a message that every relay refuses', () => {
  it.each([
    ['invalid: event too large', 'message_too_large'],
    ['blocked: not here', 'relays_unreachable'],
  ])('"%s" fails with `%s`, and what was sent before has an unknown outcome', (reason, code) => {
    const world = new SessionWorld().handshake();
    world.answer = () => undefined;
    world.request(1, 'tools/call');
    world.run(1_000);
    world.outcome = ({ frame }) =>
      frame.content === '' ? 'accepted' : new TransportError('relays_unreachable', reason);
    world.request(2, 'tools/call');
    world.run(100);
    expect(outcomes(world.delivered)).toEqual([
      [1, 'outcome_unknown'],
      [2, code],
    ]);
    expect(world.errors[0]?.message).toBe(reason);
  });
});
