import { TransportError } from '@mcp-nostr/transport';
import { describe, expect, it } from 'vitest';

import { outcomes, SessionWorld } from './session-world.test.support.ts';

function signerFailed(): TransportError {
  return new TransportError('signer_failed', 'the signer refused');
}

describe('a client', () => {
  it('opens a connection with its first message, and none before', () => {
    const world = new SessionWorld();
    world.run(100_000);
    expect(world.session.connection).toBeUndefined();
    world.request(1, 'tools/list');
    world.run(100);
    expect(world.connections).toEqual([world.session.connection]);
    expect(outcomes(world.delivered)).toEqual([[1, 'ok']]);
  });

  it('names the server process from the moment that it has heard it', () => {
    const world = new SessionWorld();
    world.request(1, 'tools/call');
    world.run(1_000);
    const own = world.packets.filter(({ from }) => from === 'client');
    expect(own.map(({ frame }) => frame.link.instance).slice(0, 2)).toEqual(['', world.instance]);
    expect(own[0]?.frame.content).toBe('');
    expect(world.methods).toEqual(['tools/call']);
  });

  it('delivers each answer once, and none to what it did not ask', () => {
    const world = new SessionWorld().handshake();
    world.request(1, 'tools/call');
    world.run(100);
    for (const id of [1, 2]) world.say({ jsonrpc: '2.0', id, result: {} });
    world.run(100);
    expect(outcomes(world.delivered)).toEqual([[1, 'ok']]);
  });

  it('passes on an error without an id, and what is no JSON-RPC only as an error', () => {
    const world = new SessionWorld().handshake();
    world.link.send({ text: '{"jsonrpc":"1.0"}', sort: 'notification' });
    world.say({ jsonrpc: '2.0', error: { code: -32_700, message: 'not understood' } });
    world.run(100);
    expect(world.delivered).toEqual([
      { jsonrpc: '2.0', error: { code: -32_700, message: 'not understood' } },
    ]);
    expect(world.errors).toEqual([expect.objectContaining({ code: 'bad_json_rpc' })]);
  });

  it('believes no answer that says the server has another key: the key itself has to have signed that', () => {
    const world = new SessionWorld().handshake();
    world.answer = () => undefined;
    world.request(1, 'tools/call');
    world.run(100);
    const data = { successor: 'npub1thief', announcedAt: 1_700_000_000 };
    const error = { code: -31_013, message: 'moved' };
    for (const id of [1, undefined])
      world.say({ jsonrpc: '2.0', id, error: { ...error, data: { code: 'server_moved', ...data } } });
    world.run(100);
    expect(world.delivered).toEqual(
      [1, undefined].map((id) => ({ jsonrpc: '2.0', id, error: { ...error, data } })),
    );
  });

  it('delivers nothing for a request after its answer, and nothing of one that was cancelled', () => {
    const world = new SessionWorld().handshake();
    world.answer = () => undefined;
    const progress = { jsonrpc: '2.0' as const, method: 'notifications/progress' };
    world.request(1, 'tools/call');
    world.request(2, 'tools/call');
    world.run(100);
    world.say(progress, 1);
    world.say({ jsonrpc: '2.0', id: 1, result: {} });
    world.say(progress, 1);
    world.notify('notifications/cancelled', { requestId: 2 });
    world.run(100);
    world.say(progress, 2);
    world.say({ jsonrpc: '2.0', id: 2, result: {} });
    world.run(100);
    expect(world.delivered).toEqual([progress, { jsonrpc: '2.0', id: 1, result: {} }]);
    expect(world.methods).toEqual(['tools/call', 'tools/call', 'notifications/cancelled']);
  });

  it('takes back a request that was cancelled before it left, and settles it', () => {
    const world = new SessionWorld().handshake();
    world.session.relaysChanged(false, false);
    const settled: unknown[] = [];
    const request = { jsonrpc: '2.0' as const, id: 1, method: 'tools/call' };
    world.session.send(request, undefined, (error) => settled.push(error));
    world.notify('notifications/cancelled', { requestId: 1 });
    world.session.relaysChanged(true, true);
    world.run(1_000);
    expect(world.methods).toEqual(['notifications/cancelled']);
    expect([settled, world.delivered]).toEqual([[undefined], []]);
  });

  it('refuses what is above 10 MiB, and says how large it is', () => {
    const world = new SessionWorld();
    const params = { text: 'x'.repeat(10_485_760) };
    expect(() => world.request(1, 'tools/call', params)).toThrow(
      expect.objectContaining({ code: 'message_too_large' }),
    );
    world.run(1_000);
    expect(world.packets).toEqual([]);
  });

  it('refuses more than 64 MiB that wait', () => {
    const world = new SessionWorld().handshake();
    world.session.relaysChanged(false, false);
    const text = 'x'.repeat(3_490_000);
    for (let id = 1; id <= 19; id++) world.request(id, 'tools/call', { text });
    expect(() => world.request(20, 'tools/call', { text })).toThrow(
      expect.objectContaining({ code: 'busy' }),
    );
  });

  it('tells of an answer that did not fit into its memory', () => {
    const world = new SessionWorld({ maxUnfinishedBytes: 100_000 }).handshake();
    world.answer = () => ({ text: 'x'.repeat(200_000) });
    world.request(1, 'tools/call');
    world.run(2_000);
    expect(outcomes(world.delivered)).toEqual([[1, 'message_too_large']]);
    expect(world.errors).toHaveLength(1);
  });

  it('says farewell when it is closed, and delivers nothing any more', () => {
    const world = new SessionWorld().handshake();
    world.request(1, 'tools/call');
    world.run(15);
    world.session.close();
    world.run(10_000);
    expect(world.controls('bye')).toEqual([expect.objectContaining({ from: 'client' })]);
    expect([world.delivered, world.links.size]).toEqual([[], 0]);
    expect(world.session.wakeAt).toBe(Infinity);
  });
});

describe('a server that opens nothing', () => {
  it.each([
    ['not_allowed', 'not_allowed', /does not serve this key/],
    ['busy', 'busy', /no room/],
    ['opening_not_harmless', 'not_allowed', /opening_not_harmless/],
    ['invite_required', 'invite_required', /ask for an invite/],
    ['rate_limited 4200', 'rate_limited', /try again in 5 s.*"retryAfterMs":4200/],
    ['rate_limited', 'rate_limited', /try again later/],
    ['rate_limited 1e9', 'rate_limited', /try again later/],
  ])('%s: what waits fails with `%s`, and the next message tries anew', (refusal, code, text) => {
    const world = new SessionWorld();
    world.refusal = refusal;
    world.request(1, 'initialize');
    world.request(2, 'tools/call');
    world.run(1_000);
    expect(outcomes(world.delivered)).toEqual([
      [1, code],
      [2, code],
    ]);
    expect(JSON.stringify(world.delivered[0])).toMatch(text);
    world.refusal = undefined;
    world.request(3, 'initialize');
    world.run(1_000);
    expect(outcomes(world.delivered).at(-1)).toEqual([3, 'ok']);
    expect(world.connections).toHaveLength(2);
  });

  it('for the clock is asked once more by the clock that it has', () => {
    const world = new SessionWorld();
    world.serverSkewSeconds = 4_000;
    world.refusal = 'clock';
    world.request(1, 'initialize');
    world.run(15);
    world.refusal = undefined;
    world.run(100);
    const openings = world.packets.filter(({ frame }) => frame.link.sequence === 0).slice(0, 2);
    const [first, second] = openings.map(({ event }) => event.created_at);
    expect((second ?? 0) - (first ?? 0)).toBe(4_000);
    expect(new Set(openings.map(({ frame }) => frame.link.connection)).size).toBe(1);
    expect(outcomes(world.delivered)).toEqual([[1, 'ok']]);
  });

  it('for the clock again and again is not asked faster for it, and is silent after 11 s', () => {
    const world = new SessionWorld();
    world.serverSkewSeconds = -9;
    world.refusal = 'clock';
    world.request(1, 'initialize');
    world.run(1_000);
    expect(world.packets.filter(({ from }) => from === 'client')).toHaveLength(2);
    world.run(11_000);
    expect(outcomes(world.delivered)).toEqual([[1, 'server_silent']]);
  });

  it('has no say once it has opened', () => {
    const world = new SessionWorld().handshake();
    world.control('refuse', 'not_allowed');
    world.request(1, 'tools/call');
    world.run(1_000);
    expect(outcomes(world.delivered)).toEqual([[1, 'ok']]);
  });
});

describe('a request that failed locally', () => {
  it('fails once where the opening could not be signed, and all that waits with it', () => {
    const world = new SessionWorld();
    world.signerError = signerFailed();
    const settled: unknown[] = [];
    const request = { jsonrpc: '2.0' as const, id: 1, method: 'initialize' };
    world.session.send(request, undefined, (error) => settled.push(error));
    world.request(2, 'tools/call');
    world.run(1_000);
    // The first is told by what its sender waits for, the other by an answer: never both.
    expect(settled).toEqual([world.signerError]);
    expect(outcomes(world.delivered)).toEqual([[2, 'signer_failed']]);
  });

  it('says what a person has said who refused to sign', () => {
    const world = new SessionWorld();
    world.signerError = new TransportError('signer_failed', 'refused', { data: { words: 'no' } });
    world.request(1, 'initialize');
    world.request(2, 'tools/call');
    world.run(1_000);
    expect(world.delivered).toMatchObject([
      { id: 2, error: { data: { code: 'signer_failed', words: 'no' } } },
    ]);
  });

  it('is never transmitted on the next connection, although it is harmless', () => {
    const world = new SessionWorld().handshake();
    world.signerError = signerFailed();
    world.request(1, 'tools/list');
    world.run(100);
    world.signerError = undefined;
    world.letGo(true);
    world.request(2, 'tools/list');
    world.run(10_000);
    expect(world.methods.filter((method) => method === 'tools/list')).toHaveLength(1);
    expect(outcomes(world.delivered)).toEqual([[2, 'ok']]);
  });

  it('keeps nothing waiting for its answer', () => {
    const world = new SessionWorld().handshake();
    world.signerError = signerFailed();
    world.request(1, 'tools/call');
    world.run(100);
    world.signerError = undefined;
    world.notify('notifications/x');
    world.run(3_600_000);
    expect(world.controls('probe')).toEqual([]);
  });

  it('is never transmitted when its signature comes late', () => {
    const world = new SessionWorld().handshake();
    world.answer = () => undefined;
    world.request(1, 'tools/call');
    world.run(100);
    world.fate = () => 'drop';
    world.signMs = 1;
    world.run(34_000);
    world.signMs = 30_000;
    world.request(2, 'tools/call');
    world.run(60_000);
    world.fate = () => 'deliver';
    world.run(60_000);
    expect(outcomes(world.delivered)).toEqual([
      [1, 'outcome_unknown'],
      [2, 'server_silent'],
    ]);
    expect(world.methods).toEqual(['tools/call']);
    expect(world.packets.some(({ frame }) => frame.content.includes('"id":2'))).toBe(false);
  });
});
