import { AddressError, formatAddress, formatNpub, generateSecretKey, getPublicKey } from '@mcp-nostr/core';
import { describe, expect, it } from 'vitest';

import { isDenial, policyOf, type Access } from './policy.ts';

const [alice, bob, carol, eve] = [0, 1, 2, 3].map(() => getPublicKey(generateSecretKey())) as [
  string,
  string,
  string,
  string,
];

function accessCheck(access: Access): (pubkey: string) => boolean {
  const policy = policyOf(access);
  return (pubkey) => !isDenial(policy.permit({ pubkey }));
}

describe('policyOf', () => {
  it('lets everybody in when the server is public', () => {
    expect([alice, eve].map(accessCheck('public'))).toEqual([true, true]);
  });

  it('lets in the keys that are listed, in whatever form, and nobody else', () => {
    const isAllowed = accessCheck([
      alice.toUpperCase(),
      formatNpub(bob),
      formatAddress({ pubkey: carol, relays: ['wss://relay.example'] }),
    ]);
    expect([alice, bob, carol, eve].map(isAllowed)).toEqual([true, true, true, false]);
  });

  it('lets nobody in when the list is empty', () => {
    expect(accessCheck([])(alice)).toBe(false);
  });

  it('does not start with an entry that is no key', () => {
    expect(() => accessCheck([alice, 'public'])).toThrow(AddressError);
    expect(() => accessCheck([''])).toThrow(AddressError);
  });
});
