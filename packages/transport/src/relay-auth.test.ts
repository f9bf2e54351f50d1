import {
  AUTH_KIND,
  generateSecretKey,
  isRecord,
  type NostrEvent,
  parseEvent,
  secretKeySigner,
  type Signer,
  verifyEvent,
} from '@mcp-nostr/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { RelayAuth } from './relay-auth.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const own = secretKeySigner(generateSecretKey());

function open(signer: Signer | null = own) {
  const log: string[] = [];
  const events: NostrEvent[] = [];
  const auth = new RelayAuth({
    relay: 'ws://relay',
    signer: signer ?? undefined,
    timeoutMs: 1000,
    now: () => 1_700_000_000_500,
    send: (text) => {
      const message: unknown = JSON.parse(text);
      if (Array.isArray(message) && message[0] === 'AUTH' && isRecord(message[1]))
        events.push(parseEvent(message[1]));
    },
    onaccepted: () => void log.push('accepted'),
    onfailed: (reason) => void log.push(reason),
  });
  return { auth, log, events, pass: (ms = 0) => vi.advanceTimersByTimeAsync(ms) };
}

describe('RelayAuth', () => {
  it('answers a challenge when it is demanded, and not before', async () => {
    const { auth, events, pass, log } = open();
    auth.challenge('c1');
    await pass(10_000);
    expect(events).toEqual([]);
    expect(auth.demand()).toBe(true);
    await pass();
    expect(events).toHaveLength(1);
    const [event] = events;
    expect(event).toMatchObject({
      kind: AUTH_KIND,
      created_at: 1_700_000_000,
      tags: [
        ['relay', 'ws://relay'],
        ['challenge', 'c1'],
      ],
    });
    expect(event !== undefined && verifyEvent(event)).toBe(true);
    expect(auth.handleOk('another', true, '')).toBe(false);
    expect(auth.handleOk(event?.id ?? '', true, '')).toBe(true);
    expect(log).toEqual(['accepted']);
  });

  it('answers once however many things are refused', async () => {
    const { auth, events, pass } = open();
    auth.challenge('c1');
    expect([auth.demand(), auth.demand()]).toEqual([true, true]);
    await pass();
    expect([auth.demand(), events.length]).toEqual([true, 1]);
    auth.close();
  });

  it('waits for a challenge that comes after the refusal', async () => {
    const { auth, events, pass } = open();
    expect(auth.demand()).toBe(true);
    await pass(500);
    auth.challenge('late');
    await pass();
    expect(events).toHaveLength(1);
    auth.close();
  });

  it('answers the newest challenge only', async () => {
    const { auth, events, pass } = open();
    auth.challenge('c1');
    auth.demand();
    auth.challenge('c2');
    await pass();
    expect(events.map(({ tags }) => tags[1])).toEqual([['challenge', 'c2']]);
    auth.close();
  });

  it('fails when no challenge comes', async () => {
    const { auth, log, pass } = open();
    auth.demand();
    await pass(1000);
    expect(log).toEqual(['auth-required: the relay sent no challenge']);
  });

  it('fails with the words of the relay that refuses the answer', async () => {
    const { auth, events, log, pass } = open();
    auth.challenge('c1');
    auth.demand();
    await pass();
    auth.handleOk(events[0]?.id ?? '', false, 'restricted: not a member');
    expect(log).toEqual(['restricted: not a member']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('takes silence about its answer for consent', async () => {
    const { auth, log, pass } = open();
    auth.challenge('c1');
    auth.demand();
    await pass(1000);
    expect(log).toEqual(['accepted']);
  });

  it('has nothing to add without a signer or once it was accepted, until a new challenge', async () => {
    expect(open(null).auth.demand()).toBe(false);
    const { auth, events, pass } = open();
    auth.challenge('c1');
    auth.demand();
    await pass();
    auth.handleOk(events[0]?.id ?? '', true, '');
    expect(auth.demand()).toBe(false);
    auth.challenge('c2');
    expect(auth.demand()).toBe(true);
    auth.close();
  });

  it('says why the signer refused', async () => {
    const { auth, log, pass } = open({ ...own, signEvent: () => Promise.reject(new Error('not now')) });
    auth.challenge('c1');
    auth.demand();
    await pass();
    expect(log).toEqual(['auth-required: the signer refused (not now)']);
  });

  it('does nothing after it was closed', async () => {
    const { auth, log, events, pass } = open();
    auth.challenge('c1');
    auth.demand();
    auth.close();
    await pass(10_000);
    expect([log, events]).toEqual([[], []]);
  });
});
