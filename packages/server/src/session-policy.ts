import { type Applicant, type Denial, isDenial, type Permission, type Policy } from './policy.ts';
import { Revocations } from './revocations.ts';
import { narrow } from './session-limits.ts';

/**
 * A policy that knows of sessions: what it permits an identity it permits the session within the grant, and what the
 * identity has taken back it permits no more, whether the policy remembers that by itself or not.
 */
export function sessionPolicy(policy: Policy, nowSeconds: () => number): Policy {
  const revocations = new Revocations();

  return {
    permit(applicant) {
      const { pubkey, session } = applicant;
      if (session === undefined) return policy.permit(applicant);
      if (revocations.covers(applicant)) return { code: 'grant_expired' };
      const answer = policy.permit(applicant);
      const isRefused = isDenial(answer) && answer.code === 'not_allowed';
      // It is the session and not the identity that may not: another grant would help.
      if (isRefused && !isDenial(policy.permit({ pubkey }))) return { ...answer, code: 'grant_expired' };
      return within(applicant, answer);
    },
    ...(policy.redeem !== undefined && {
      redeem: (applicant, invite) =>
        revocations.covers(applicant)
          ? { code: 'grant_expired' }
          : within(applicant, policy.redeem?.(applicant, invite) ?? { code: 'not_allowed' }),
    }),
    revoke(pubkey, revocation) {
      if (policy.revoke === undefined) revocations.add(pubkey, revocation, nowSeconds());
      else policy.revoke(pubkey, revocation);
    },
    ...(policy.watch !== undefined && { watch: (onchange) => policy.watch?.(onchange) ?? (() => {}) }),
  };
}

function within({ session }: Applicant, answer: Permission | Denial): Permission | Denial {
  return isDenial(answer) || session === undefined ? answer : narrow(answer, session);
}
