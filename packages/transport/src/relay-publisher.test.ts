import type { NostrEvent } from '@mcp-nostr/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { limits } from './limits.ts';
import { type PublishOutcome, RelayPublisher } from './relay-publisher.ts';
import { relayTiming } from './relay-timing.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const event = (id: string): NostrEvent => ({
  id,
  pubkey: '',
  created_at: 0,
  kind: 1,
  tags: [],
  content: '',
  sig: '',
});

function open(canAuthenticate = false) {
  const written: string[] = [];
  const demands = { count: 0 };
  const publisher = new RelayPublisher({
    relay: 'ws://relay',
    timing: relayTiming(),
    onauthrequired: () => {
      demands.count++;
      return canAuthenticate;
    },
  });
  const write = (text: string): void => void written.push(text);
  /** How an event fares: the outcome, or the code of the refusal. */
  const publish = (id: string, text = id, signal?: AbortSignal) => {
    const fate: { outcome?: PublishOutcome; code?: string; message?: string } = {};
    publisher.publish(event(id), text, signal).then(
      (outcome) => Object.assign(fate, { outcome }),
      (error: Error & { code: string }) => Object.assign(fate, { code: error.code, message: error.message }),
    );
    return fate;
  };
  return { publisher, written, write, publish, demands };
}

const advance = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('what becomes of an event', () => {
  it.each([
    [true, '', { outcome: 'accepted' }],
    [true, 'duplicate: seen', { outcome: 'accepted' }],
    [false, 'duplicate: seen', { outcome: 'accepted' }],
    [false, 'mute: nobody is listening', { outcome: 'muted' }],
    [false, 'rate-limited: slow down', { outcome: 'congested' }],
    [false, 'error: could not connect to the database', { outcome: 'congested' }],
    [false, '', { outcome: 'congested' }],
    [false, 'blocked: spam', { code: 'blocked', message: 'blocked: spam' }],
    [false, 'invalid: too large', { code: 'invalid', message: 'invalid: too large' }],
    [false, 'pow: 28 bits', { code: 'pow', message: 'pow: 28 bits' }],
    [false, 'restricted: members', { code: 'restricted', message: 'restricted: members' }],
    [false, 'unsupported: kind', { code: 'unsupported', message: 'unsupported: kind' }],
    [false, 'auth-required: who?', { code: 'auth-required', message: 'auth-required: who?' }],
  ])('OK %s %j', async (accepted, reason, expected) => {
    const { publisher, written, write, publish } = open();
    publisher.open(write);
    const fate = publish('a');
    publisher.handleOk('a', accepted, reason);
    await advance(0);
    expect(fate).toEqual(expected);
    expect(vi.getTimerCount()).toBe(0);
    expect(written).toEqual(['a']);
  });

  it('counts as sent when the relay says nothing', async () => {
    const { publisher, write, publish } = open();
    publisher.open(write);
    const fate = publish('a');
    await advance(limits.okTimeoutMs - 1);
    expect(fate).toEqual({});
    await advance(1);
    expect(fate).toEqual({ outcome: 'sent' });
    publisher.handleOk('a', false, 'blocked: too late');
    publisher.handleOk('unknown', true, '');
  });

  it('waits for authentication and goes out again after it', async () => {
    const { publisher, written, write, publish, demands } = open(true);
    publisher.open(write);
    const [refused, pending] = [publish('a'), publish('b')];
    publisher.handleOk('a', false, 'auth-required: who are you?');
    expect(demands.count).toBe(1);
    publisher.open(write);
    expect(written).toEqual(['a', 'b', 'a']);
    publisher.handleOk('a', true, '');
    publisher.handleOk('b', true, '');
    await advance(0);
    expect([refused, pending]).toEqual([{ outcome: 'accepted' }, { outcome: 'accepted' }]);
  });

  it('fails with what the relay said when authentication never comes', async () => {
    const { publisher, write, publish } = open(true);
    publisher.open(write);
    const fate = publish('a');
    publisher.handleOk('a', false, 'auth-required: who are you?');
    await advance(limits.publishTimeoutMs);
    expect(fate).toEqual({ code: 'auth-required', message: 'auth-required: who are you?' });
  });

  it('is written once and answered for all who publish it while it is pending', async () => {
    const { publisher, written, write, publish } = open();
    publisher.open(write);
    const fates = [publish('a'), publish('a')];
    expect(written).toEqual(['a']);
    publisher.handleOk('a', true, '');
    await advance(0);
    expect(fates).toEqual([{ outcome: 'accepted' }, { outcome: 'accepted' }]);
  });
});

describe('while the relay is away', () => {
  it('keeps events and sends them in order when it comes', () => {
    const { publisher, written, write, publish } = open();
    for (const id of ['a', 'b', 'c']) publish(id);
    expect(written).toEqual([]);
    publisher.open(write);
    expect(written).toEqual(['a', 'b', 'c']);
  });

  it('says of what the lost socket took that it is lost, and keeps the rest', async () => {
    const { publisher, written, write, publish } = open(true);
    publisher.open(write);
    const [answered, unanswered, refused] = [publish('a'), publish('b'), publish('c')];
    publisher.handleOk('a', true, '');
    publisher.handleOk('c', false, 'auth-required: who are you?');
    expect(publisher.hasWaiting).toBe(true);
    publisher.lose('connection lost');
    const later = publish('d');
    await advance(0);
    expect([answered, unanswered, refused, later]).toEqual([
      { outcome: 'accepted' },
      { outcome: 'lost' },
      {},
      {},
    ]);
    publisher.open(write);
    expect(written).toEqual(['a', 'b', 'c', 'c', 'd']);
    expect(publisher.hasWaiting).toBe(false);
  });

  it('hears of what it has written while no more is taken for now', async () => {
    const { publisher, written, write, publish } = open();
    publisher.open(write);
    const fate = publish('a');
    publisher.pause('auth-required: who are you?');
    publish('b');
    await advance(0);
    expect([fate, written]).toEqual([{}, ['a']]);
    publisher.handleOk('a', true, '');
    await advance(0);
    expect(fate).toEqual({ outcome: 'accepted' });
  });

  it('gives up at the deadline, for the reason that kept the relay away', async () => {
    const { publisher, publish } = open();
    const early = publish('a');
    await advance(limits.publishTimeoutMs - 1);
    publisher.lose('connect ECONNREFUSED');
    expect(early).toEqual({});
    await advance(1);
    expect(early).toEqual({ code: 'unreachable', message: 'connect ECONNREFUSED' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not keep more events than its bound; the oldest fail', async () => {
    const { publisher, written, write, publish } = open();
    publisher.lose('down');
    const fates = Array.from({ length: limits.maxQueuedEvents + 2 }, (_, n) => publish(String(n)));
    await advance(0);
    expect(fates.slice(0, 3)).toEqual([
      { code: 'unreachable', message: 'down; its queue is full' },
      { code: 'unreachable', message: 'down; its queue is full' },
      {},
    ]);
    publisher.open(write);
    expect(written).toHaveLength(limits.maxQueuedEvents);
    expect(written[0]).toBe('2');
  });

  it('has answered for the oldest of too many that wait for an OK: a socket took them', async () => {
    const { publisher, write, publish } = open();
    publisher.open(write);
    const fates = Array.from({ length: limits.maxQueuedEvents + 1 }, (_, n) => publish(String(n)));
    await advance(0);
    expect(fates.slice(0, 2)).toEqual([{ outcome: 'sent' }, {}]);
  });

  it('does not keep more bytes than its bound', async () => {
    const { publisher, publish } = open();
    const half = 'x'.repeat(limits.maxQueuedBytes / 2);
    const fates = [publish('a', half), publish('b', half), publish('c', 'x')];
    await advance(0);
    expect(fates).toMatchObject([{ code: 'unreachable' }, {}, {}]);
    // What is settled leaves its room to others.
    publisher.withdraw('b');
    const next = publish('d', half);
    await advance(0);
    expect([fates[2], next]).toEqual([{}, {}]);
  });
});

describe('an event whose sender gives it up', () => {
  it('is not written any more', async () => {
    const { publisher, written, write, publish } = open();
    const aborter = new AbortController();
    const [given, kept] = [publish('a', 'a', aborter.signal), publish('b')];
    aborter.abort();
    const late = publish('c', 'c', aborter.signal);
    await advance(0);
    publisher.open(write);
    expect(written).toEqual(['b']);
    expect([given, kept, late]).toMatchObject([{ code: 'closed' }, {}, { code: 'closed' }]);
    expect(given.message).toContain('withdrawn');
  });

  it('is not even written at once when it was given up before', async () => {
    const { publisher, written, write, publish } = open();
    publisher.open(write);
    const fate = publish('a', 'a', AbortSignal.abort());
    await advance(0);
    expect([fate, written]).toMatchObject([{ code: 'closed' }, []]);
  });

  it('still gets the answer of a socket that took it', async () => {
    const { publisher, write, publish } = open();
    publisher.open(write);
    const aborter = new AbortController();
    const fate = publish('a', 'a', aborter.signal);
    aborter.abort();
    publisher.withdraw('a');
    publisher.handleOk('a', true, '');
    await advance(0);
    expect(fate).toEqual({ outcome: 'accepted' });
  });

  it.each(['before', 'after'])('is not written again %s it was refused for want of AUTH', async (when) => {
    const { publisher, written, write, publish } = open(true);
    publisher.open(write);
    const aborter = new AbortController();
    const fate = publish('a', 'a', aborter.signal);
    if (when === 'before') aborter.abort();
    publisher.handleOk('a', false, 'auth-required: who are you?');
    aborter.abort();
    await advance(0);
    publisher.open(write);
    expect([fate, written]).toMatchObject([{ code: 'closed' }, ['a']]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('stays while somebody else wants it', async () => {
    const { publisher, written, write, publish } = open();
    const aborter = new AbortController();
    publish('a', 'a', aborter.signal);
    publish('a');
    aborter.abort();
    publisher.open(write);
    expect(written).toEqual(['a']);
  });

  it('leaves nothing behind on a signal that outlives it', async () => {
    const { publisher, publish } = open();
    const { signal } = new AbortController();
    const removed = vi.spyOn(signal, 'removeEventListener');
    const added = vi.spyOn(signal, 'addEventListener');
    publish('a', 'a', signal);
    publisher.withdraw('a');
    expect(added.mock.calls.length).toBe(1);
    expect(removed.mock.calls).toEqual(added.mock.calls);
  });
});

describe('closing', () => {
  it('rejects everything that waits, and everything after', async () => {
    const { publisher, written, write, publish } = open();
    publisher.open(write);
    const written1 = publish('a');
    publisher.pause('for now');
    const waiting = publish('b');
    publisher.close();
    publisher.open(write);
    const late = publish('c');
    await advance(0);
    expect([written1, waiting, late]).toMatchObject([
      { code: 'closed' },
      { code: 'closed' },
      { code: 'closed' },
    ]);
    expect(written).toEqual(['a']);
    expect(vi.getTimerCount()).toBe(0);
  });
});
