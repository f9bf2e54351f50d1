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
  const publish = (id: string, text = id) => {
    const fate: { outcome?: PublishOutcome; code?: string; message?: string } = {};
    publisher.publish(event(id), text).then(
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
    [false, 'blocked: spam', { code: 'blocked', message: 'blocked: spam' }],
    [false, 'auth-required: who?', { code: 'auth-required', message: 'auth-required: who?' }],
    [false, '', { code: 'error', message: 'refused without a reason' }],
  ])('OK %s %j', async (accepted, reason, expected) => {
    const { publisher, write, publish } = open();
    publisher.open(write);
    const fate = publish('a');
    publisher.handleOk('a', accepted, reason);
    if (reason === '' && !accepted) {
      await advance(limits.rateLimitRetryMs);
      publisher.handleOk('a', accepted, reason);
    }
    await advance(0);
    expect(fate).toEqual(expected);
    expect(vi.getTimerCount()).toBe(0);
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

  it('is offered again after `rate-limited:` for as long as there is time', async () => {
    const { publisher, written, write, publish } = open();
    publisher.open(write);
    const fate = publish('a');
    publisher.handleOk('a', false, 'rate-limited: slow down');
    await advance(limits.rateLimitRetryMs);
    expect(written).toEqual(['a', 'a']);
    publisher.handleOk('a', true, '');
    await advance(0);
    expect(fate).toEqual({ outcome: 'accepted' });

    const other = publish('b');
    for (let ms = 0; ms < limits.publishTimeoutMs; ms += limits.rateLimitRetryMs) {
      publisher.handleOk('b', false, 'rate-limited: slow down');
      await advance(limits.rateLimitRetryMs);
    }
    expect(other).toMatchObject({ code: 'rate-limited' });
  });

  it('is offered once more after `error:`', async () => {
    const { publisher, written, write, publish } = open();
    publisher.open(write);
    const fate = publish('a');
    publisher.handleOk('a', false, 'error: could not connect to the database');
    await advance(limits.rateLimitRetryMs);
    expect(written).toEqual(['a', 'a']);
    publisher.handleOk('a', false, 'error: could not connect to the database');
    await advance(0);
    expect(fate).toMatchObject({ code: 'error' });
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

  it('sends what had no OK again on the next connection', async () => {
    const { publisher, written, write, publish } = open();
    publisher.open(write);
    const [answered, pending] = [publish('a'), publish('b')];
    publisher.handleOk('a', true, '');
    publisher.pause('connection lost');
    await advance(limits.okTimeoutMs);
    expect(pending).toEqual({});
    publisher.open(write);
    expect(written).toEqual(['a', 'b', 'b']);
    publisher.handleOk('b', false, 'duplicate: have it');
    await advance(0);
    expect([answered, pending]).toEqual([{ outcome: 'accepted' }, { outcome: 'accepted' }]);
  });

  it('gives up at the deadline, for the reason that kept the relay away', async () => {
    const { publisher, publish } = open();
    const early = publish('a');
    await advance(limits.publishTimeoutMs - 1);
    publisher.pause('connect ECONNREFUSED');
    expect(early).toEqual({});
    await advance(1);
    expect(early).toEqual({ code: 'unreachable', message: 'connect ECONNREFUSED' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not claim that an event never left which a socket took', async () => {
    const { publisher, write, publish } = open();
    publisher.open(write);
    const fate = publish('a');
    publisher.pause('connection lost');
    await advance(limits.publishTimeoutMs);
    expect(fate).toEqual({ outcome: 'sent' });
  });

  it('does not keep more events than its bound; the oldest fail', async () => {
    const { publisher, written, write, publish } = open();
    publisher.pause('down');
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

  it('does not keep more bytes than its bound', async () => {
    const { publish } = open();
    const half = 'x'.repeat(limits.maxQueuedBytes / 2);
    const fates = [publish('a', half), publish('b', half), publish('c', 'x')];
    await advance(0);
    expect(fates).toMatchObject([{ code: 'unreachable' }, {}, {}]);
  });
});

describe('closing', () => {
  it('rejects everything that waits, and everything after', async () => {
    const { publisher, written, write, publish } = open();
    publisher.open(write);
    const written1 = publish('a');
    publisher.pause('lost');
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
