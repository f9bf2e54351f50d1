import { AccessBook, type Applicant, type Revocation } from '@mcp-nostr/server';
import { describe, expect, it, vi } from 'vitest';

import { servedPolicy } from './served-policy.ts';

const [ofRun, ofFile, stranger] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [
  string,
  string,
  string,
];
const NOW = Math.floor(Date.now() / 1_000);

function sessionOf(pubkey: string): Applicant {
  return { pubkey, session: { pubkey: 'd'.repeat(64), grantedAt: NOW, expiresAt: NOW + 60 } };
}

describe('sessions that are taken back', () => {
  it('are stored for the keys of the file and of this run, and not for strangers', () => {
    const book = new AccessBook();
    book.allow(ofFile, {}, NOW);
    const revoke = vi.fn<(pubkey: string, revocation: Revocation) => void>((pubkey, revocation) =>
      book.revoke(pubkey, revocation, NOW),
    );
    const live = { book, revoke, redeem: () => 'invite_expired' as const, watch: () => () => {} };
    const policy = servedPolicy({ live, isPublic: true, forThisRun: [ofRun], onproblem: () => {} });
    for (const pubkey of [ofRun, ofFile, stranger]) {
      expect(policy.permit(sessionOf(pubkey))).toMatchObject({ isKnown: pubkey !== stranger });
      policy.revoke?.(pubkey, { before: NOW });
      expect(policy.permit(sessionOf(pubkey))).toMatchObject({ code: 'not_allowed' });
    }
    expect(revoke.mock.calls.map(([pubkey]) => pubkey)).toEqual([ofRun, ofFile]);
    expect(book.isRevoked(sessionOf(ofRun))).toBe(true);
  });
});
