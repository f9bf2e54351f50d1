import { TransportError } from '@mcp-nostr/transport';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { outcomes } from '../session-world.test.support.ts';
import { BareWorld } from './bare-world.test.support.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('a request to a server without link', () => {
  it('has an id that no other client with the key has, and its own again when it is answered', async () => {
    const world = new BareWorld();
    const sent = await world.request(0, 'tools/list');
    expect(sent.message.id).toBe('cafe-000001');
    world.answer(sent);
    expect(world.delivered).toEqual([{ jsonrpc: '2.0', id: 0, result: { method: 'tools/list' } }]);
  });

  it('is found by the event that the answer names, whatever that calls it', async () => {
    const world = new BareWorld();
    const sent = await world.request(7, 'tools/call');
    world.say({ id: sent.event, error: { code: -32_042, message: 'no' } }, { to: sent.event });
    expect(world.delivered).toEqual([{ jsonrpc: '2.0', id: 7, error: { code: -32_042, message: 'no' } }]);
  });

  it('is answered once, however often the server answers', async () => {
    const world = new BareWorld();
    const sent = await world.request(1, 'tools/call');
    world.answer(sent);
    world.answer(sent);
    expect(world.delivered).toHaveLength(1);
  });

  it('is not answered by what belongs to another client with the key, or to none', async () => {
    const world = new BareWorld();
    const sent = await world.request(1, 'tools/call');
    world.say({ id: sent.message.id, result: {} }, { to: 'another' });
    world.say({ id: sent.message.id, result: {} });
    expect(world.delivered).toEqual([]);
  });

  it('says what we can do with each, since a server may have forgotten it', async () => {
    const world = new BareWorld();
    const sent = await world.request(1, 'tools/call');
    expect(sent.outgoing.tags).toEqual([['support_encryption']]);
  });

  it('fails where its answer cannot be read: there will be no other', async () => {
    const world = new BareWorld();
    const sent = await world.request(1, 'tools/call');
    world.say({ raw: 'not JSON' }, { to: sent.event });
    expect(outcomes(world.delivered)).toEqual([[1, 'server_failed']]);
    expect(world.errors).toHaveLength(1);
  });

  it('fails as its way did', async () => {
    const world = new BareWorld();
    world.outcome = () => Promise.reject(new TransportError('relays_unreachable', 'refused'));
    await world.request(1, 'tools/call');
    expect(outcomes(world.delivered)).toEqual([[1, 'relays_unreachable']]);
  });

  it('fails as unanswered where every relay says that nobody listens', async () => {
    const world = new BareWorld();
    const data = { relays: [{ url: 'wss://one', code: 'mute' }] };
    world.outcome = () => Promise.reject(new TransportError('relays_unreachable', 'muted', { data }));
    await world.request(1, 'tools/call');
    expect(outcomes(world.delivered)).toEqual([[1, 'server_silent']]);
  });
});

describe('progress', () => {
  it('has a token that is never 0, and the application its own', async () => {
    const world = new BareWorld();
    const sent = await world.request(0, 'tools/call', {
      name: 'slow',
      _meta: { progressToken: 0, other: 1 },
    });
    expect(sent.message.params).toEqual({ name: 'slow', _meta: { progressToken: 'cafe-000001', other: 1 } });
    const params = { progressToken: 'cafe-000001', progress: 1 };
    world.say({ method: 'notifications/progress', params }, { to: sent.event });
    expect(world.delivered).toEqual([
      { jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 0, progress: 1 } },
    ]);
    expect(world.relations).toEqual(['0']);
  });

  it('does not reach an application that has not asked for any', async () => {
    const world = new BareWorld();
    const sent = await world.request(0, 'tools/call');
    const params = { progressToken: 'cafe-000001', progress: 1 };
    expect(sent.outgoing.token).toBe('cafe-000001');
    world.say({ method: 'notifications/progress', params }, { to: sent.event });
    expect(world.delivered).toEqual([]);
  });

  it('of another client with the key reaches nobody', async () => {
    const world = new BareWorld();
    await world.request(0, 'tools/call', { _meta: { progressToken: 1 } });
    world.say({ method: 'notifications/progress', params: { progressToken: 1, progress: 1 } });
    expect(world.delivered).toEqual([]);
  });

  it('is asked for where a server has said nothing of answers in parts', async () => {
    const world = new BareWorld({ tags: [['cap', 'tool:echo', '10', 'sats']] });
    const sent = await world.request(0, 'tools/call');
    expect(sent.outgoing.token).toBeDefined();
  });

  it('is not asked for where a server surely sends no answer in parts', async () => {
    const world = new BareWorld({ tags: [['support_encryption']] });
    const sent = await world.request(0, 'tools/call');
    expect(sent.outgoing.token).toBeUndefined();
  });
});

describe('a cancellation', () => {
  it('names the event by which the server knows the request', async () => {
    const world = new BareWorld();
    const sent = await world.request(3, 'tools/call');
    world.notify('notifications/cancelled', { requestId: 3, reason: 'stop' });
    expect(world.last('notifications/cancelled').message.params).toEqual({
      requestId: sent.event,
      reason: 'stop',
    });
    world.answer(sent);
    expect(world.delivered).toEqual([]);
  });

  it('of what has not left takes it back and says nothing', async () => {
    const world = new BareWorld();
    world.notify('notifications/cancelled', { requestId: 3 });
    expect(world.sent).toEqual([]);
  });
});

describe('a notification of the server', () => {
  it('without a request is for everybody with the key', () => {
    const world = new BareWorld();
    world.say({ method: 'notifications/tools/list_changed' });
    expect(world.delivered).toHaveLength(1);
  });

  it('of a subscription has the id by which the application knows it', async () => {
    const world = new BareWorld();
    const sent = await world.request(5, 'subscriptions/listen');
    const name = 'io.modelcontextprotocol/subscriptionId';
    world.say({ method: 'notifications/tools/list_changed', params: { _meta: { [name]: sent.event } } });
    expect(world.delivered).toMatchObject([{ params: { _meta: { [name]: 5 } } }]);
  });
});

describe('a request of the server', () => {
  it('is answered by an event that names it, once', async () => {
    const world = new BareWorld();
    world.say({ id: 'ask', method: 'sampling/createMessage' });
    world.session.send({ jsonrpc: '2.0', id: 'ask', result: {} }, undefined);
    world.session.send({ jsonrpc: '2.0', id: 'ask', result: {} }, undefined);
    expect(world.sent.map(({ outgoing }) => outgoing.requestEvent)).toEqual(['said-1']);
  });
});

describe('what is sent', () => {
  it('is dated by the clock of a server that is ahead', async () => {
    const world = new BareWorld({ ahead: 10 });
    const sent = await world.request(1, 'tools/call');
    expect(sent.outgoing.notBefore).toBe(Math.floor(Date.now() / 1_000) + 10);
  });

  it('is not dated by a clock that no relay would believe', async () => {
    const world = new BareWorld({ ahead: 86_400 });
    const sent = await world.request(1, 'tools/call');
    expect(sent.outgoing.notBefore).toBe(Math.floor(Date.now() / 1_000) + 600);
  });

  it.each([
    ['the answer had', { form: 'stored' as const }, 'stored'],
    [
      'the server says it reads',
      { form: 'stored' as const, tags: [['support_encryption_ephemeral']] },
      'ephemeral',
    ],
    ['plain text had', { form: 'plain' as const }, 'plain'],
  ])('has the form that %s', async (_, first, form) => {
    const world = new BareWorld(first);
    expect((await world.request(1, 'tools/call')).outgoing.form).toBe(form);
  });
});
