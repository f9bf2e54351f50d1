import { type AccessBook, accessPolicy, type Denial, type Permission, type Policy } from '@mcp-nostr/server';

import type { LiveAccess } from './live-access.ts';

/** A file that cannot be written now may be later. */
const RETRY_AFTER_MS = 5_000;

export interface ServedPolicyOptions {
  live: Pick<LiveAccess, 'book' | 'redeem' | 'revoke' | 'watch'>;
  isPublic: boolean;
  /** Keys of `--allow`: they may call as long as this process runs, unless the file denies them. */
  forThisRun: readonly string[];
  onproblem: (message: string) => void;
}

/** Who may call a server of the command line: what its access file says, and for one run what its arguments say. */
export function servedPolicy({ live, isPublic, forThisRun, onproblem }: ServedPolicyOptions): Policy {
  const read = (): AccessBook => live.book;
  const { redeem, revoke, watch } = live;
  const ofFile = accessPolicy(read, { isPublic, redeem, revoke, watch });
  const ofRun = accessPolicy(read, { isPublic: true });
  const run = new Set(forThisRun);
  const isOfRun = ({ pubkey }: { pubkey: string }): boolean => run.has(pubkey);
  return {
    permit: (applicant) => (isOfRun(applicant) ? known(ofRun.permit(applicant)) : ofFile.permit(applicant)),
    redeem(applicant, invite) {
      try {
        return ofFile.redeem?.(applicant, invite) ?? ofFile.permit(applicant);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        onproblem(`a caller with an invite could not be let in: ${reason}`);
        return {
          code: 'rate_limited',
          message: 'the server cannot store it now',
          retryAfterMs: RETRY_AFTER_MS,
        };
      }
    },
    // Stored for keys of this run too: the next one is often the same.
    revoke: (pubkey, revocation) =>
      run.has(pubkey) ? revoke(pubkey, revocation) : ofFile.revoke?.(pubkey, revocation),
    watch,
  };
}

function known(answer: Permission | Denial): Permission | Denial {
  return 'code' in answer ? answer : { ...answer, isKnown: true };
}
