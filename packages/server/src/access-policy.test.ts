import { generateSecretKey, getPublicKey } from '@mcp-nostr/core';
import { Filter } from '@mcp-nostr/core/filter';
import { describe, expect, it } from 'vitest';

import { AccessBook } from './access-book.ts';
import { accessPolicy, type AccessPolicyOptions } from './access-policy.ts';
import { isDenial, type Policy } from './policy.ts';

const [alice, bob, eve, session] = [0, 1, 2, 3].map(() => getPublicKey(generateSecretKey())) as [
  string,
  string,
  string,
  string,
];
const NOW = 1_800_000_000;
const now = (): number => NOW * 1000;

function policyWith(
  options: AccessPolicyOptions,
  fill: (book: AccessBook) => void = () => {},
): { policy: Policy; book: AccessBook } {
  const book = new AccessBook();
  fill(book);
  return { policy: accessPolicy(() => book, { now, ...options }), book };
}

const granted = (pubkey: string, key = session): Parameters<Policy['permit']>[0] => ({
  pubkey,
  session: { pubkey: key, grantedAt: NOW, expiresAt: NOW + 60 },
});

describe('accessPolicy', () => {
  it('says what a key of the book may do', () => {
    const { policy } = policyWith({}, (book) => {
      book.allow(alice, { tools: ['get_*'], prompts: [], scopes: ['read'], callsAtOnce: 3 }, NOW);
    });
    const permission = policy.permit({ pubkey: alice });
    if (isDenial(permission)) throw new Error('denied');
    expect(permission).toMatchObject({ isKnown: true, scopes: ['read'], callsAtOnce: 3 });
    const filter = new Filter(permission.names?.[0] ?? {});
    const call = (method: string, params: Record<string, unknown>): boolean =>
      filter.toServer({ jsonrpc: '2.0', id: 1, method, params }).message !== undefined;
    expect([
      call('tools/call', { name: 'get_a' }),
      call('tools/call', { name: 'put_a' }),
      call('prompts/get', { name: 'p' }),
      call('resources/read', { uri: 'file:///a' }),
    ]).toEqual([true, false, false, true]);
    expect(policy.permit({ pubkey: alice })).toBe(permission);
  });

  it('tells a stranger whether an invite would help', () => {
    const { policy, book } = policyWith({});
    expect(policy.permit({ pubkey: eve })).toEqual({ code: 'not_allowed' });
    book.invite({ expiresAt: NOW + 60 }, NOW);
    expect(policy.permit({ pubkey: eve })).toEqual({ code: 'invite_required' });
    book.deny(eve, {}, NOW);
    expect(policy.permit({ pubkey: eve })).toEqual({ code: 'not_allowed' });
  });

  it('lets strangers call where it is public, with what strangers may, and nobody who is denied', () => {
    const { policy } = policyWith({ isPublic: true, strangers: { callsPerMinute: 10 } }, (book) => {
      book.allow(alice, {}, NOW);
      book.deny(bob, {}, NOW);
    });
    expect(policy.permit({ pubkey: eve })).toEqual({ isKnown: false, callsPerMinute: 10 });
    expect(policy.permit({ pubkey: alice })).toMatchObject({ isKnown: true });
    expect(policy.permit({ pubkey: bob })).toEqual({ code: 'not_allowed' });
    expect(policy.permit(granted(bob))).toEqual({ code: 'not_allowed' });
    expect(policy.permit(granted(eve, bob))).toEqual({ code: 'not_allowed' });
  });

  it('redeems invites, by itself or by whoever stores the book', () => {
    const { policy, book } = policyWith({});
    const { code } = book.invite({ rules: { callsAtOnce: 1 }, uses: 2, expiresAt: NOW + 60 }, NOW);
    expect(policy.redeem?.({ pubkey: alice }, code)).toMatchObject({ isKnown: true, callsAtOnce: 1 });
    expect(policy.permit({ pubkey: alice })).toMatchObject({ isKnown: true });
    book.deny(session, {}, NOW);
    expect(policy.redeem?.(granted(bob), code)).toEqual({ code: 'not_allowed' });
    const stored: string[] = [];
    const other = accessPolicy(() => book, {
      redeem: (text, pubkey) => {
        stored.push(text, pubkey);
        return 'invite_expired';
      },
    });
    expect(other.redeem?.({ pubkey: bob }, code)).toEqual({ code: 'invite_expired' });
    expect(stored).toEqual([code, bob]);
  });

  it('denies sessions that were taken back, of keys of the book and of strangers', () => {
    const { policy, book } = policyWith({ isPublic: true }, (each) => {
      each.allow(alice, {}, NOW);
    });
    for (const pubkey of [alice, eve]) {
      expect(isDenial(policy.permit(granted(pubkey)))).toBe(false);
      policy.revoke?.(pubkey, { session, before: NOW });
      expect(policy.permit(granted(pubkey))).toMatchObject({ code: 'not_allowed' });
      expect(isDenial(policy.permit({ pubkey }))).toBe(false);
    }
    // Strangers fill no file.
    expect(Object.keys(book.toJSON().revocations)).toEqual([alice]);
  });
});
