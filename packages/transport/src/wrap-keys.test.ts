import {
  generateSecretKey,
  getPublicKey,
  secretKeySigner,
  signEvent,
  unwrapEvent,
  wrapEvent,
} from '@mcp-nostr/core';
import { expect, it, vi } from 'vitest';

import { WrapKeys } from './wrap-keys.ts';

const [alice, bob] = [generateSecretKey(), generateSecretKey()];
const toBob = getPublicKey(bob);

it('gives each key once, prepared or not, and each fits its recipient', async () => {
  vi.useFakeTimers();
  const keys = new WrapKeys();
  const taken = [];
  for (let round = 0; round < 3; round++) {
    taken.push(keys.take(toBob), keys.take(toBob), keys.take(getPublicKey(alice)));
    vi.runAllTimers();
  }
  vi.useRealTimers();
  expect(new Set(taken.map(({ pubkey }) => pubkey)).size).toBe(taken.length);
  const event = signEvent({ kind: 1, created_at: 1, tags: [], content: 'x' }, alice);
  for (const key of [taken[0], taken[3]]) {
    if (key === undefined) throw new Error('none');
    expect(await unwrapEvent(wrapEvent(event, toBob, { key }), secretKeySigner(bob))).toEqual(event);
  }
});

it('makes none after it was closed', () => {
  vi.useFakeTimers();
  const keys = new WrapKeys();
  keys.take(toBob);
  keys.close();
  vi.runAllTimers();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

it('gives the parts of a large message one key, but not for long and not for many', () => {
  vi.useFakeTimers();
  const keys = new WrapKeys();
  const many = Array.from({ length: 65 }, () => keys.takeForPart(toBob).pubkey);
  expect(new Set(many.slice(0, 64)).size).toBe(1);
  expect(many[64]).not.toBe(many[0]);
  vi.advanceTimersByTime(1_001);
  expect(keys.takeForPart(toBob).pubkey).not.toBe(many[64]);
  expect(keys.takeForPart(getPublicKey(alice)).pubkey).not.toBe(keys.takeForPart(toBob).pubkey);
  expect(keys.take(toBob).pubkey).not.toBe(keys.takeForPart(toBob).pubkey);
  vi.useRealTimers();
});

it('makes none ahead for somebody who gets nothing more', () => {
  vi.useFakeTimers();
  const keys = new WrapKeys();
  keys.takeLast(toBob);
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});
