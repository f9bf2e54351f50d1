import { TransportError } from '@mcp-nostr/transport';
import { describe, expect, it } from 'vitest';

import { outcomes, SessionWorld } from './session-world.test.support.ts';

/** A session with a log level and a resource subscribed to. */
function subscribed(): SessionWorld {
  const world = new SessionWorld().handshake();
  world.request(1, 'logging/setLevel', { level: 'debug' });
  world.request(2, 'resources/subscribe', { uri: 'a://1' });
  world.run(1_000);
  world.forget();
  return world;
}

function ids(world: SessionWorld): unknown[] {
  return world.executed.map((message) => ('id' in message ? message.id : undefined));
}

describe('a session on a new connection', () => {
  it('is taken up again before anything else, and the program sees nothing of it', () => {
    const world = subscribed();
    world.link.close('idle');
    world.run(15);
    world.request(3, 'tools/call');
    world.run(10_000);
    expect(world.methods).toEqual([
      'initialize',
      'notifications/initialized',
      'logging/setLevel',
      'resources/subscribe',
      'tools/call',
    ]);
    expect(ids(world).filter((id) => typeof id === 'number')).toEqual([3]);
    expect(new Set(ids(world)).size).toBe(5);
    expect(world.delivered.map((message) => 'id' in message && message.id)).toEqual([3]);
    expect(world.executed[2]).toMatchObject({ params: { level: 'debug' } });
    expect(world.executed[3]).toMatchObject({ params: { uri: 'a://1' } });
  });

  it('is taken up by itself, within seconds, where something is subscribed to', () => {
    const world = subscribed();
    world.link.close('idle');
    world.run(5_000);
    expect(world.methods).toContain('resources/subscribe');
    expect(world.connections).toHaveLength(1);
  });

  it('waits for the next message where nothing is', () => {
    const world = new SessionWorld().handshake();
    world.link.close('idle');
    world.run(3_600_000);
    expect(world.connections).toHaveLength(0);
    world.request(3, 'tools/call');
    world.run(100);
    expect(world.methods).toEqual(['initialize', 'notifications/initialized', 'tools/call']);
  });

  it('asks after its subscriptions although no request waits', () => {
    const world = subscribed();
    world.run(100_000);
    expect(world.controls('probe').length).toBeGreaterThan(0);
  });

  it('keeps a server that lets it go at once from being asked without a pause', () => {
    const world = subscribed();
    world.answer = () => {
      for (const link of world.links.values()) link.close('idle');
      return undefined;
    };
    world.link.close('idle');
    world.run(600_000);
    // Half of 2, 4, 8, 16, 32 and then 60 s.
    expect(world.methods.length).toBeGreaterThan(15);
    expect(world.methods.length).toBeLessThan(30);
    expect(world.lost).toEqual([]);
  });

  it('holds what is said meanwhile, in its order, and lets it be cancelled', () => {
    const world = new SessionWorld().handshake();
    world.link.close('idle');
    world.run(15);
    world.forget();
    world.request(1, 'tools/call');
    world.notify('notifications/a');
    world.request(2, 'tools/call');
    world.notify('notifications/cancelled', { requestId: 1 });
    world.run(5_000);
    expect(world.methods.slice(2)).toEqual(['notifications/a', 'tools/call', 'notifications/cancelled']);
    expect(outcomes(world.delivered)).toEqual([[2, 'ok']]);
  });

  it('that is lost while it is taken up again is taken up on the next', () => {
    const world = new SessionWorld().handshake();
    world.link.close('idle');
    world.run(15);
    let times = 0;
    world.answer = (method) => {
      if (method !== 'initialize' || times++ > 0)
        return method === 'initialize' ? { protocolVersion: '2025-11-25' } : { method };
      for (const link of world.links.values()) link.close('idle');
      return undefined;
    };
    world.forget();
    world.request(1, 'tools/call');
    world.run(10_000);
    expect(world.methods).toEqual(['initialize', 'initialize', 'notifications/initialized', 'tools/call']);
    expect(outcomes(world.delivered)).toEqual([[1, 'ok']]);
  });

  it.each([
    ['speaks another version', { protocolVersion: '2024-11-05' }],
    ['refuses it', { error: { code: -32_600, message: 'no' } }],
  ])('is over where the server %s: what waits fails, and that is told once', (_what, answer) => {
    const world = new SessionWorld().handshake();
    world.link.close('idle');
    world.run(15);
    world.answer = () => answer;
    world.request(1, 'tools/call');
    world.run(5_000);
    expect(outcomes(world.delivered)).toEqual([[1, 'server_failed']]);
    expect(world.lost).toHaveLength(1);
    expect(world.methods).toEqual(['initialize']);
  });

  it('goes on where a subscription is not taken again, and that is reported', () => {
    const world = subscribed();
    const { answer } = world;
    world.answer = (method, params) =>
      method === 'resources/subscribe' ? { error: { code: -1, message: 'gone' } } : answer(method, params);
    world.link.close('idle');
    world.run(15);
    world.errors.length = 0;
    world.request(3, 'tools/call');
    world.run(5_000);
    expect(outcomes(world.delivered)).toEqual([[3, 'ok']]);
    expect(world.errors.map(({ message }) => message)).toEqual(['not taken up again: gone']);
  });

  it('does not fail what is held for want of a relay later than anything else', () => {
    const world = new SessionWorld().handshake();
    world.link.close('idle');
    world.run(15);
    const { answer } = world;
    world.answer = () => undefined;
    world.request(1, 'tools/call');
    world.run(1_000);
    world.session.relaysChanged(false, false);
    world.request(2, 'tools/call');
    world.run(10_000);
    expect(outcomes(world.delivered)).toEqual([
      [1, 'relays_unreachable'],
      [2, 'relays_unreachable'],
    ]);
    world.session.relaysChanged(true, true);
    world.answer = answer;
    expect(world.methods).toEqual(['initialize']);
  });

  it.each(['busy', 'not_allowed'])(
    'is taken up again however often the server says %s, where something is subscribed to',
    (reason) => {
      const world = subscribed();
      world.refusal = reason;
      world.link.close('idle');
      world.run(600_000);
      expect(world.connections.length).toBeGreaterThan(5);
      expect(world.connections.length).toBeLessThan(30);
      world.refusal = undefined;
      world.run(60_000);
      expect(world.methods).toContain('resources/subscribe');
      expect(world.lost).toEqual([]);
    },
  );

  it('is taken up again when the signer is back, where something is subscribed to', () => {
    const world = subscribed();
    world.signerError = new TransportError('signer_failed', 'the signer is away');
    world.link.close('idle');
    world.run(100_000);
    world.signerError = undefined;
    world.run(60_000);
    expect(world.methods).toContain('resources/subscribe');
  });

  it('fails what is held after 10 s when the last relay goes, and holds no more than a connection may', () => {
    const world = new SessionWorld().handshake();
    world.link.close('idle');
    world.run(15);
    world.answer = () => undefined;
    world.request(1, 'tools/call');
    world.run(1_000);
    const text = 'x'.repeat(9_000_000);
    for (let i = 0; i < 7; i++) world.notify('notifications/large', { text });
    expect(() => world.notify('notifications/large', { text })).toThrow(
      expect.objectContaining({ code: 'busy' }),
    );
    world.session.relaysChanged(false, false);
    world.run(10_000);
    expect(outcomes(world.delivered)).toEqual([[1, 'relays_unreachable']]);
  });

  it('keeps what it has to say again although no relay is reached for long', () => {
    const world = subscribed();
    world.link.close('idle');
    world.signMs = 100;
    // Initialized is being signed, the rest waits behind it.
    while (world.methods.at(-1) !== 'initialize') world.run(10);
    world.run(30);
    world.session.relaysChanged(false, false);
    world.request(3, 'tools/call');
    world.run(30_000);
    world.session.relaysChanged(true, true);
    world.run(10_000);
    expect(outcomes(world.delivered)).toEqual([[3, 'relays_unreachable']]);
    expect(world.methods).toEqual([
      'initialize',
      'notifications/initialized',
      'logging/setLevel',
      'resources/subscribe',
    ]);
  });
});
