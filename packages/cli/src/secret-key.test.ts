import { expect, it } from 'vitest';

import { containsSecretKey } from './secret-key.ts';

// NIP-19, section "Examples".
const nsec = 'nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5';

it('finds a secret key inside a longer text', () => {
  expect(containsSecretKey(`--key=${nsec}`)).toBe(true);
  expect(containsSecretKey(`nostr:${nsec.toUpperCase()}`)).toBe(true);
  expect(containsSecretKey(nsec.slice(0, 30))).toBe(true);
  expect(containsSecretKey('an nsec1 is a secret')).toBe(false);
  expect(containsSecretKey('npub1ct7mnuprahr6npcl7zumrvlsexs7uztty7eu66hj089xf4g6h0pqrql88h')).toBe(false);
});
