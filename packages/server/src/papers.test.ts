import {
  eventJson,
  type Frame,
  generateSecretKey,
  getPublicKey,
  type GrantLimits,
  grantTemplate,
  type NostrEvent,
  revocationTemplate,
  signEvent,
} from '@mcp-nostr/core';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { limits } from './limits.ts';
import { Papers, type Reading } from './papers.ts';
import type { Policy, Revocation } from './policy.ts';
import { sessionPolicy } from './session-policy.ts';
import { VerifiedGrants } from './verified-grants.ts';

afterEach(() => void vi.restoreAllMocks());

const NOW = 1_800_000_000;
const server = getPublicKey(generateSecretKey());
const identityKey = generateSecretKey();
const identity = getPublicKey(identityKey);
const session = getPublicKey(generateSecretKey());

interface Given extends GrantLimits {
  key?: Uint8Array;
  session?: string;
  expiresAt?: number;
}

function grant({ key = identityKey, ...over }: Given = {}): NostrEvent {
  const whole = { server, session, grantedAt: NOW, expiresAt: NOW + 3_600, ...over };
  return signEvent(grantTemplate(whole), key);
}

function frameOf(event?: NostrEvent, sequence?: number): Frame {
  const link = { connection: 'c'.repeat(32), acknowledged: 0, instance: '' };
  const numbered = sequence === undefined ? link : { ...link, sequence };
  return { link: numbered, content: '', ...(event && { grant: eventJson(event) }) };
}

/** A server of a few keys, and what signatures it has checked. */
function make(policy: Partial<Policy> = {}) {
  const state = { now: 0, seconds: NOW };
  const nowSeconds = (): number => state.seconds;
  const known = new Set([identity]);
  const permit: Policy['permit'] = ({ pubkey }) =>
    known.has(pubkey) ? { isKnown: true } : { code: 'not_allowed' };
  const revoked: [string, Revocation][] = [];
  const papers = new Papers({
    server,
    policy: sessionPolicy({ permit, ...policy }, nowSeconds),
    nowSeconds,
    clock: () => state.now,
    onrevoked: (pubkey, revocation) => revoked.push([pubkey, revocation]),
  });
  const verified = vi.spyOn(VerifiedGrants.prototype, 'isGenuine');
  const read = (event?: NostrEvent, { author = session, mayRedeem = false, sequence = 0 } = {}): Reading =>
    papers.read(author, frameOf(event, sequence), mayRedeem);
  return { state, known, revoked, verified, read };
}

const admitted = { applicant: expect.objectContaining({ pubkey: identity }) };
const strangers = { permit: () => ({ isKnown: false }) };

describe('a frame with a grant', () => {
  it('speaks for the identity, from when to when, and within which limits', () => {
    const { read } = make();
    expect(read(grant({ scopes: ['a'], tools: ['get_*'] }))).toEqual({
      applicant: {
        pubkey: identity,
        session: {
          pubkey: session,
          grantedAt: NOW,
          expiresAt: NOW + 3_600,
          limits: { scopes: ['a'], tools: ['get_*'] },
        },
      },
    });
  });

  it('is not followed by others with it, and those of the session key speak for the identity until it ends', () => {
    const { read, state } = make();
    expect(read(grant())).toEqual(admitted);
    expect(read(undefined, { sequence: 7 })).toEqual(admitted);
    // An opening shows for itself what it may.
    expect(read(undefined)).toEqual({ applicant: { pubkey: session } });
    state.seconds += 3_600;
    expect(read(undefined, { sequence: 7 })).toEqual({ applicant: { pubkey: session } });
    expect(read(grant())).toEqual({ refusal: 'grant_expired' });
  });

  it('with a pattern that cannot be read is refused', () => {
    expect(make().read(grant({ tools: ['[a'] }))).toEqual({ refusal: 'grant_expired' });
  });

  it('of another author than it names is refused', () => {
    expect(make().read(grant(), { author: identity })).toEqual({ refusal: 'grant_expired' });
  });

  it('that would throw anything else does not hide it', () => {
    const permit = (): never => {
      throw new Error('the policy is broken');
    };
    expect(() => make({ permit }).read(grant())).toThrow('the policy is broken');
  });
});

describe('a forged grant', () => {
  const forged = { ...grant(), sig: grant({ key: generateSecretKey() }).sig };

  it('is refused as its author would be without it: nobody learns whom a server serves', () => {
    const { read, known } = make();
    const withoutIt = { refusal: 'not_allowed' };
    expect(read(forged)).toEqual(withoutIt);
    expect(read(grant({ key: generateSecretKey() }))).toEqual(withoutIt);
    expect(read({ ...grant(), id: '0'.repeat(64) })).toEqual(withoutIt);
    known.clear();
    expect(read(forged)).toEqual(withoutIt);
  });

  it('does not make its author a stranger where strangers are served', () => {
    expect(make(strangers).read(forged)).toEqual({ refusal: 'grant_expired' });
  });

  it('does not spoil the one that it was made after', () => {
    const { read } = make();
    const real = grant();
    expect(read({ ...real, sig: forged.sig })).toEqual({ refusal: 'not_allowed' });
    expect(read(real)).toEqual(admitted);
  });
});

describe('a flood of grants', () => {
  it('of those whom the server does not serve costs no verification', () => {
    const { read, verified } = make();
    for (let n = 0; n < 100; n++) read(grant({ key: generateSecretKey() }));
    expect(verified).not.toHaveBeenCalled();
  });

  it('of strangers costs no more verifications than set, and one that is known comes through', () => {
    const { read, state, known } = make({
      permit: ({ pubkey }) => ({ isKnown: pubkey === identity }),
    });
    expect(known.size).toBe(1);
    const key = generateSecretKey();
    const flood = (): number =>
      Array.from({ length: 60 }, (_, n) => read(grant({ key, expiresAt: NOW + 1 + n + state.now }))).filter(
        ({ isUnread }) => isUnread !== true,
      ).length;
    expect(flood()).toBe(limits.strangeGrantBurst);
    expect(read(grant())).toEqual(admitted);
    state.now += 1_000;
    expect(flood()).toBe(limits.strangeGrantsPerSecond);
  });

  it('forged in the name of one that is known shuts out no other, nor sessions that were there before', () => {
    const other = generateSecretKey();
    const { read, known } = make();
    known.add(getPublicKey(other));
    const real = grant();
    expect(read(real)).toEqual(admitted);
    const sig = '0'.repeat(128);
    const readings = Array.from({ length: limits.knownGrantBurst }, (_, n) =>
      read({ ...grant({ expiresAt: NOW + 1 + n, session: server }), sig }, { author: server }),
    );
    expect(readings.filter(({ isUnread }) => isUnread !== true)).toHaveLength(
      limits.grantsPerIdentityBurst - 1,
    );
    expect(read(real)).toEqual(admitted);
    expect(read(grant({ key: other }))).toMatchObject({ applicant: { pubkey: getPublicKey(other) } });
  });

  it('that is one and the same costs one verification, forged or not', () => {
    const { read, state } = make(strangers);
    const bad = { ...grant(), sig: '0'.repeat(128) };
    for (let n = 0; n < 2 * limits.strangeGrantBurst; n++)
      expect(read(bad)).toEqual({ refusal: 'grant_expired' });
    const others = Array.from({ length: limits.strangeGrantBurst }, (_, n) =>
      read(grant({ expiresAt: NOW + 1 + n })),
    );
    expect(others.filter(({ isUnread }) => isUnread)).toHaveLength(1);
    expect(state.now).toBe(0);
  });
});

describe('a revocation', () => {
  const revocation = (key = identityKey, before = NOW, one?: string): NostrEvent =>
    signEvent(revocationTemplate({ server, before, session: one }), key);

  it('is taken from any key, and its sessions are refused from then on', () => {
    const { read, revoked } = make();
    const later = grant({ session });
    expect(read(revocation(), { author: 'f'.repeat(64) })).toEqual({ refusal: 'revoked', isKnown: true });
    expect(revoked).toEqual([[identity, { before: NOW }]]);
    expect(read(later)).toEqual({ refusal: 'grant_expired' });
  });

  it('of a stranger is one of a stranger', () => {
    const { read } = make(strangers);
    expect(read(revocation())).toEqual({ refusal: 'revoked', isKnown: false });
  });

  it('that another has signed is none, and so is one of somebody who is not served', () => {
    const { read, revoked } = make();
    const other = revocation(generateSecretKey());
    expect(read(other)).toEqual({ refusal: 'not_allowed' });
    expect(read({ ...revocation(), sig: other.sig })).toEqual({ refusal: 'not_allowed' });
    expect(read(revocation(identityKey, NOW + 61))).toEqual({ refusal: 'grant_expired' });
    expect(revoked).toEqual([]);
    expect(read(grant())).toEqual(admitted);
  });

  it('of one session leaves the others', () => {
    const { read } = make();
    const other = getPublicKey(generateSecretKey());
    read(revocation(identityKey, NOW, other));
    expect(read(grant())).toEqual(admitted);
    expect(read(grant({ session: other }), { author: other })).toEqual({ refusal: 'grant_expired' });
  });

  it('of one identity is taken a few times in a second, whatever another one does', () => {
    const other = generateSecretKey();
    const { read, revoked, known, state } = make();
    known.add(getPublicKey(other));
    const flood = (): void => {
      for (let n = 0; n < 20; n++) read(revocation(identityKey, NOW - n - state.now));
    };
    flood();
    expect(revoked).toHaveLength(limits.revocationBurst);
    expect(read(revocation(other))).toMatchObject({ refusal: 'revoked' });
    state.now += 1_000;
    flood();
    expect(revoked).toHaveLength(limits.revocationBurst + 1 + limits.revocationsPerSecond);
  });
});

describe('an invite', () => {
  it('lets a grant be looked at whose identity the policy does not know', () => {
    const { read } = make();
    const guest = grant({ key: generateSecretKey() });
    expect(read(guest)).toEqual({ refusal: 'not_allowed' });
    expect(read(guest, { mayRedeem: true })).toMatchObject({ applicant: { session: { pubkey: session } } });
    const forged = { ...guest, sig: '0'.repeat(128) };
    expect(read(forged, { mayRedeem: true })).toEqual({ refusal: 'not_allowed' });
  });
});
