import type { NostrEvent } from '@mcp-nostr/core';
import { expect, test } from 'vitest';

import { alice, bob, fakeEvent, NOW_SECONDS } from '../fixtures.test.helper.ts';
import { defaultLimits } from '../limits.ts';
import { applyDeletion, isDeleted } from './deletion.ts';
import { MemoryStore } from './memory-store.ts';

function afterDeletion(deletion: NostrEvent, target: NostrEvent): { kept: boolean; blocked: boolean } {
  const store = new MemoryStore(defaultLimits);
  store.add(target);
  store.add(deletion);
  applyDeletion(store, deletion);
  return { kept: store.has(target.id), blocked: isDeleted(store, target, NOW_SECONDS) };
}

test('an author deletes an event by its id, whenever it was made', () => {
  const target = fakeEvent({ created_at: NOW_SECONDS + 5 });
  expect(afterDeletion(fakeEvent({ kind: 5, tags: [['e', target.id]] }), target)).toEqual({
    kept: false,
    blocked: true,
  });
});

test('nobody deletes what another has written', () => {
  const target = fakeEvent({ tags: [['p', bob]] });
  const deletion = fakeEvent({ kind: 5, pubkey: bob, tags: [['e', target.id]] });
  expect(afterDeletion(deletion, target)).toEqual({ kept: true, blocked: false });
});

test('the recipient of a gift wrap may delete it, and others may not', () => {
  const target = fakeEvent({ kind: 1059, tags: [['p', bob]] });
  const tags = [['e', target.id]];
  expect(afterDeletion(fakeEvent({ kind: 5, pubkey: bob, tags }), target)).toEqual({
    kept: false,
    blocked: true,
  });
  const stranger = fakeEvent({ kind: 5, pubkey: fakeEvent().id, tags });
  expect(afterDeletion(stranger, target)).toEqual({ kept: true, blocked: false });
});

test('a deletion cannot be deleted', () => {
  const target = fakeEvent({ kind: 5 });
  expect(afterDeletion(fakeEvent({ kind: 5, tags: [['e', target.id]] }), target)).toEqual({
    kept: true,
    blocked: false,
  });
});

test.each([
  [10_002, [], `10002:${alice}:`],
  [30_000, [['d', 'x']], `30000:${alice}:x`],
])(
  'an author deletes versions of kind %i by address, up to the time of the request',
  (kind, tags, address) => {
    const deletion = fakeEvent({ kind: 5, tags: [['a', address]] });
    const target = fakeEvent({ kind, tags });
    expect(afterDeletion(deletion, target)).toEqual({ kept: false, blocked: true });
    const newer = fakeEvent({ kind, tags, created_at: NOW_SECONDS + 1 });
    expect(afterDeletion(deletion, newer)).toEqual({ kept: true, blocked: false });
  },
);

test('nobody deletes at the address of another', () => {
  const target = fakeEvent({ kind: 30_000, tags: [['d', 'x']] });
  const deletion = fakeEvent({ kind: 5, pubkey: bob, tags: [['a', `30000:${alice}:x`]] });
  expect(afterDeletion(deletion, target)).toEqual({ kept: true, blocked: false });
});
