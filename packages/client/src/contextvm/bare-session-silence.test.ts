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

function countOf(world: BareWorld, method: string): number {
  return world.methods.filter((each) => each === method).length;
}

describe('a harmless request that is not answered', () => {
  it('is sent again under new names, and every copy can be answered', async () => {
    const world = new BareWorld();
    const first = await world.request(1, 'tools/list');
    await vi.advanceTimersByTimeAsync(4_000);
    expect(countOf(world, 'tools/list')).toBe(2);
    expect(world.last('tools/list').message.id).not.toBe(first.message.id);
    world.answer(first);
    expect(outcomes(world.delivered)).toEqual([[1, 'ok']]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(countOf(world, 'tools/list')).toBe(2);
  });

  it('is sent again at once when a relay came back', async () => {
    const world = new BareWorld();
    await world.request(1, 'tools/list');
    world.session.relaysChanged(false, false);
    world.session.relaysChanged(true, true);
    await vi.advanceTimersByTimeAsync(0);
    expect(countOf(world, 'tools/list')).toBe(2);
  });
});

describe('any other request that is not answered', () => {
  it('is never sent again', async () => {
    const world = new BareWorld();
    await world.request(1, 'tools/call');
    world.session.relaysChanged(false, false);
    world.session.relaysChanged(true, true);
    await vi.advanceTimersByTimeAsync(44_000);
    expect(countOf(world, 'tools/call')).toBe(1);
  });

  it('is not sent where an opening may have carried it', async () => {
    const world = new BareWorld();
    const request = { jsonrpc: '2.0' as const, id: 1, method: 'tools/call' };
    world.session.adopt(request, ['opening'], false, () => {});
    await vi.advanceTimersByTimeAsync(9_000);
    expect(world.methods).toEqual([]);
    world.say({ id: 1, result: {} }, { to: 'opening' });
    expect(outcomes(world.delivered)).toEqual([[1, 'ok']]);
  });

  it('has an unknown outcome when the server answers nothing else either', async () => {
    const world = new BareWorld();
    await world.request(1, 'tools/call');
    await world.request(2, 'tools/list');
    await vi.advanceTimersByTimeAsync(44_000);
    expect(world.delivered).toEqual([]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(outcomes(world.delivered)).toEqual([
      [1, 'outcome_unknown'],
      [2, 'server_silent'],
    ]);
  });

  it('waits as long as the server answers pings', async () => {
    const world = new BareWorld();
    await world.request(1, 'tools/call');
    for (let i = 0; i < 30; i++) {
      await vi.advanceTimersByTimeAsync(10_000);
      world.answer(world.last('ping'));
    }
    expect(world.delivered).toEqual([]);
  });

  it('has an unknown outcome as soon as a ping finds nobody there', async () => {
    const world = new BareWorld();
    await world.request(1, 'tools/call');
    const data = { relays: [{ url: 'wss://one', code: 'mute' }] };
    world.outcome = () => Promise.reject(new TransportError('relays_unreachable', 'muted', { data }));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(outcomes(world.delivered)).toEqual([[1, 'outcome_unknown']]);
  });

  it('waits for a relay, and not without end', async () => {
    const world = new BareWorld();
    await world.request(1, 'tools/call');
    world.session.relaysChanged(false, false);
    await vi.advanceTimersByTimeAsync(46_000);
    expect(outcomes(world.delivered)).toEqual([[1, 'outcome_unknown']]);
    expect(countOf(world, 'ping')).toBe(0);
  });
});

describe('a way that comes and goes', () => {
  it('does not hide for ever that the server is gone', async () => {
    const world = new BareWorld();
    await world.request(1, 'tools/call');
    for (let i = 0; i < 5; i++) {
      await vi.advanceTimersByTimeAsync(20_000);
      world.session.relaysChanged(true, true);
    }
    await vi.advanceTimersByTimeAsync(20_000);
    expect(outcomes(world.delivered)).toEqual([[1, 'outcome_unknown']]);
  });
});

describe('a session without link', () => {
  it('keeps few of the pings that a server which says other things does not answer', async () => {
    const world = new BareWorld();
    await world.request(1, 'tools/call');
    for (let i = 0; i < 30; i++) {
      await vi.advanceTimersByTimeAsync(10_000);
      world.say({ method: 'notifications/tools/list_changed' });
    }
    const pings = world.sent.filter(({ message }) => message.method === 'ping');
    const kept = pings.filter(({ event }) => world.session.accepts({ requestEvent: event }));
    expect([pings.length, kept.length]).toEqual([30, 16]);
  });

  it('tells whoever waits for a request to leave that it was closed', async () => {
    const world = new BareWorld();
    world.outcome = () => new Promise(() => {});
    const settled = vi.fn<(error?: TransportError) => void>();
    world.session.send({ jsonrpc: '2.0', id: 1, method: 'tools/call' }, undefined, settled);
    await vi.advanceTimersByTimeAsync(0);
    world.session.close();
    expect(settled).toHaveBeenCalledWith(expect.objectContaining({ code: 'closed' }));
  });

  it('asks nothing while nothing is waited for', async () => {
    const world = new BareWorld();
    world.answer(await world.request(1, 'tools/call'));
    await vi.advanceTimersByTimeAsync(600_000);
    expect(world.methods).toEqual(['tools/call']);
  });

  it('asks seldom while only news are waited for, and says when nobody is there', async () => {
    const world = new BareWorld();
    await world.request(1, 'subscriptions/listen');
    await vi.advanceTimersByTimeAsync(59_000);
    expect(countOf(world, 'ping')).toBe(0);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(outcomes(world.delivered)).toEqual([[1, 'outcome_unknown']]);
  });

  it('is over when it is closed', async () => {
    const world = new BareWorld();
    const sent = await world.request(1, 'tools/list');
    world.session.close();
    world.answer(sent);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(world.delivered).toEqual([]);
    expect(countOf(world, 'tools/list')).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
