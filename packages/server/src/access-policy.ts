import type { AccessBook } from './access-book.ts';
import type { AllowedKey } from './access-entries.ts';
import { permissionOf } from './access-rules.ts';
import type { Applicant, Denial, Permission, Policy, Revocation } from './policy.ts';
import { Revocations } from './revocations.ts';

export interface AccessPolicyOptions {
  /** Strangers may call too; what the book says of a key still counts. @default false */
  isPublic?: boolean | undefined;
  /** What strangers may do where it is public. @default everything */
  strangers?: Omit<Permission, 'isKnown'> | undefined;
  /**
   * Takes an invite, and stores the book that has become of it: with `AccessBook.redeem`, on the book that `read`
   * returns from then on. @default in memory alone
   */
  redeem?: ((code: string, pubkey: string) => AllowedKey | 'not_allowed' | 'invite_expired') | undefined;
  /** The same for a key of the book that takes sessions back, with `AccessBook.revoke`. @default in memory alone */
  revoke?: ((pubkey: string, revocation: Revocation) => void) | undefined;
  /** Calls when `read` returns something else than before. Returns what ends that. */
  watch?: ((onchange: () => void) => () => void) | undefined;
  /** Milliseconds since 1970. @default Date.now */
  now?: (() => number) | undefined;
}

/** Who may call by what a book says. */
export function accessPolicy(read: () => AccessBook, options: AccessPolicyOptions = {}): Policy {
  const { isPublic = false, watch, now = Date.now } = options;
  const strangers: Permission = { ...options.strangers, isKnown: false };
  /** Of strangers: a book is no place that they may fill. */
  const revocations = new Revocations();
  const permissions = new WeakMap<AllowedKey, Permission>();
  const nowSeconds = (): number => Math.floor(now() / 1000);

  const permissionFor = (entry: AllowedKey): Permission => {
    const permission = permissions.get(entry) ?? permissionOf(entry);
    permissions.set(entry, permission);
    return permission;
  };

  const denial = (applicant: Applicant): Denial | undefined => {
    const book = read();
    const { pubkey, session } = applicant;
    if (book.isDenied(pubkey) || (session !== undefined && book.isDenied(session.pubkey)))
      return { code: 'not_allowed' };
    if (!book.isRevoked(applicant) && !revocations.covers(applicant)) return undefined;
    return { code: 'not_allowed', message: 'its identity has taken this session back' };
  };

  return {
    permit(applicant) {
      const denied = denial(applicant);
      if (denied !== undefined) return denied;
      const book = read();
      const entry = book.find(applicant.pubkey, nowSeconds());
      if (entry !== undefined) return permissionFor(entry);
      if (isPublic) return strangers;
      return { code: book.hasOpenInvite(nowSeconds()) ? 'invite_required' : 'not_allowed' };
    },
    redeem(applicant, code) {
      const denied = denial(applicant);
      if (denied !== undefined) return denied;
      const { pubkey } = applicant;
      const answer =
        options.redeem === undefined
          ? read().redeem(code, pubkey, nowSeconds())
          : options.redeem(code, pubkey);
      return typeof answer === 'string' ? { code: answer } : permissionFor(answer);
    },
    revoke(pubkey, revocation) {
      const book = read();
      if (book.find(pubkey, nowSeconds()) === undefined) revocations.add(pubkey, revocation, nowSeconds());
      else if (options.revoke === undefined) book.revoke(pubkey, revocation, nowSeconds());
      else options.revoke(pubkey, revocation);
    },
    ...(watch !== undefined && { watch }),
  };
}
