import { Filter } from '@mcp-nostr/core/filter';
import { describe, expect, it, vi } from 'vitest';

import { type Applicant, type GrantedSession, isDenial, type Permission, type Policy } from './policy.ts';
import { sessionPolicy } from './session-policy.ts';

const NOW = 1_800_000_000;
const session = (limits: GrantedSession['limits'] = {}): GrantedSession => ({
  pubkey: 'b'.repeat(64),
  grantedAt: NOW,
  expiresAt: NOW + 60,
  limits,
});
const applicant = (limits?: GrantedSession['limits']): Applicant => ({
  pubkey: 'a'.repeat(64),
  session: session(limits),
});

function permitted(permission: Permission, limits: GrantedSession['limits']): Permission {
  const answer = sessionPolicy({ permit: () => permission }, () => NOW).permit(applicant(limits));
  if (isDenial(answer)) throw new Error(answer.code);
  return answer;
}

/** Of these tools those that can be called. */
function callable({ names = [] }: Permission, tools: string[]): string[] {
  const filters = names.map((rules) => new Filter(rules));
  return tools.filter((name) =>
    filters.every(
      (filter) =>
        filter.toServer({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name } }).answer ===
        undefined,
    ),
  );
}

describe('what a session may do', () => {
  it.each([
    [['read', 'write'], undefined, ['read', 'write']],
    [['read', 'write'], ['write', 'admin'], ['write']],
    [['read'], [], []],
    [undefined, ['admin'], []],
  ])('of scopes %j, granted %j, is %j', (scopes, granted, expected) => {
    expect(permitted({ isKnown: true, scopes }, { scopes: granted }).scopes).toEqual(expected);
  });

  it('is what both the identity and the grant admit', () => {
    const tools = ['get_a', 'get_b', 'put_a'];
    const own: Permission = { isKnown: true, callsPerMinute: 3 };
    expect(permitted(own, undefined)).toMatchObject({ isKnown: true, callsPerMinute: 3, names: [] });
    const once = permitted(own, { tools: ['get_*'] });
    expect(callable(once, tools)).toEqual(['get_a', 'get_b']);
    expect(callable(permitted(once, { tools: ['*_a'] }), tools)).toEqual(['get_a']);
    expect(callable(permitted(own, { tools: [] }), tools)).toEqual([]);
    expect(callable(permitted(own, { prompts: [] }), tools)).toEqual(tools);
  });

  it('is nothing when its key is refused, and then another grant would help', () => {
    const policy: Policy = {
      permit: ({ session: shown }) => (shown ? { code: 'not_allowed', message: 'm' } : { isKnown: true }),
    };
    expect(sessionPolicy(policy, () => NOW).permit(applicant())).toEqual({
      code: 'grant_expired',
      message: 'm',
    });
    const nobody: Policy = { permit: () => ({ code: 'not_allowed' }) };
    expect(sessionPolicy(nobody, () => NOW).permit(applicant())).toEqual({ code: 'not_allowed' });
    const busy: Policy = { permit: () => ({ code: 'rate_limited', retryAfterMs: 5 }) };
    expect(sessionPolicy(busy, () => NOW).permit(applicant())).toMatchObject({ code: 'rate_limited' });
  });
});

describe('what an identity takes back', () => {
  const revocation = { before: NOW };

  it('is refused, to the second in which it was granted, and the identity itself is not', () => {
    const policy = sessionPolicy({ permit: () => ({ isKnown: true }) }, () => NOW);
    policy.revoke?.('a'.repeat(64), { before: NOW - 1 });
    expect(policy.permit(applicant())).toMatchObject({ isKnown: true });
    policy.revoke?.('a'.repeat(64), revocation);
    expect(policy.permit(applicant())).toEqual({ code: 'grant_expired' });
    expect(policy.permit({ pubkey: 'a'.repeat(64) })).toMatchObject({ isKnown: true });
  });

  it('cannot be had back by an invite', () => {
    const policy = sessionPolicy(
      { permit: () => ({ isKnown: true }), redeem: () => ({ isKnown: true }) },
      () => NOW,
    );
    policy.revoke?.('a'.repeat(64), revocation);
    expect(policy.redeem?.(applicant(), 'code')).toEqual({ code: 'grant_expired' });
  });

  it('is remembered by the policy where that can', () => {
    const revoke = vi.fn<NonNullable<Policy['revoke']>>();
    const policy = sessionPolicy({ permit: () => ({ isKnown: true }), revoke }, () => NOW);
    policy.revoke?.('a', revocation);
    expect(revoke).toHaveBeenCalledWith('a', revocation);
  });
});

it('an invite gives a session no more than its grant', () => {
  const redeem = (): Permission => ({ isKnown: true, scopes: ['read', 'write'] });
  const policy = sessionPolicy({ permit: () => ({ code: 'invite_required' }), redeem }, () => NOW);
  expect(policy.redeem?.(applicant({ scopes: ['read'] }), 'code')).toMatchObject({ scopes: ['read'] });
});

it('what the policy cannot do the server does not try', () => {
  const policy = sessionPolicy({ permit: () => ({ isKnown: true }) }, () => NOW);
  expect(Object.keys(policy)).toEqual(['permit', 'revoke']);
  const end = vi.fn<() => void>();
  const watched = sessionPolicy({ permit: () => ({ isKnown: true }), watch: () => end }, () => NOW);
  watched.watch?.(() => {})();
  expect(end).toHaveBeenCalledTimes(1);
});
