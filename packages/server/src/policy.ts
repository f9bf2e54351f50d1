import { type GrantLimits, parseAddress } from '@mcp-nostr/core';
import type { FilterRules } from '@mcp-nostr/core/filter';

/** Who asks, as verified signatures say it. */
export interface Applicant {
  /** Whose rights count, 64 lower-case hex characters: the author, or the identity that has granted it a session. */
  pubkey: string;
  /** The throw-away key that signs in the identity's place. */
  session?: GrantedSession | undefined;
}

export interface GrantedSession {
  pubkey: string;
  /** Seconds. */
  grantedAt: number;
  /** Seconds. */
  expiresAt: number;
  /** What it may do of that which its identity may. What `permit` answers is narrowed by it. */
  limits?: GrantLimits | undefined;
}

/** An identity takes back sessions that it has granted: one, or all that it had granted by then. */
export interface Revocation {
  /** The session's key. */
  session?: string | undefined;
  /** Seconds: a grant of that second or before is void. */
  before: number;
}

/** What a key may do. What is not said has no bound of its own. */
export interface Permission {
  /** Reach tool handlers as `authInfo.scopes`. */
  scopes?: readonly string[] | undefined;
  /** Which tools, resources and prompts are there for it: what all of these admit. */
  names?: readonly FilterRules[] | undefined;
  callsPerMinute?: number | undefined;
  callsAtOnce?: number | undefined;
  /** Of JSON-RPC messages, both ways together. */
  bytesPerMinute?: number | undefined;
  /** Somebody has named this key: it has a share of every bound that strangers cannot take. */
  isKnown: boolean;
}

export type DenialCode =
  | 'not_allowed'
  | 'rate_limited'
  | 'invite_required'
  | 'invite_expired'
  | 'grant_expired';

/** Why not, as the caller's application reads it. */
export interface Denial {
  code: DenialCode;
  /** For a person. @default a sentence for the code */
  message?: string | undefined;
  /** With `rate_limited`: when it is worth trying again. */
  retryAfterMs?: number | undefined;
}

/** Decides who may connect and what for. Its answers come at once: they are asked for with each opening. */
export interface Policy {
  permit(applicant: Applicant): Permission | Denial;
  /** Takes an invite, which nobody but the server has read. Idempotent: an answer can be lost on its way. */
  redeem?(applicant: Applicant, invite: string): Permission | Denial;
  /** From now on `permit` denies the sessions of `pubkey` that this names. */
  revoke?(pubkey: string, revocation: Revocation): void;
  /** `onchange`: what `permit` says of somebody may have changed. Returns what ends the watch. */
  watch?(onchange: () => void): () => void;
}

/** Who may call: everybody, the keys listed as npub, nprofile or hex, or what a policy says. */
export type Access = 'public' | readonly string[] | Policy;

export function isDenial(answer: Permission | Denial): answer is Denial {
  return 'code' in answer;
}

/** Asked by a timer, or by whoever has changed the policy, it must not throw: what cannot decide has not allowed it. */
export function permitOrDeny(
  policy: Policy,
  applicant: Applicant,
  onerror: (error: unknown) => void,
): Permission | Denial {
  try {
    return policy.permit(applicant);
  } catch (error) {
    onerror(error);
    return { code: 'not_allowed' };
  }
}

/** For the person who reads the error. */
export function denialMessage({ code, message }: Denial): string {
  return message ?? SENTENCES[code];
}

const SENTENCES: Readonly<Record<DenialCode, string>> = {
  not_allowed: 'the server does not allow this to this key',
  rate_limited: 'this key has used up what it may use for now; try again later',
  invite_required: 'the server serves those whom its operator has invited or allowed',
  invite_expired: 'the invite is used up, too old, or none of this server',
  grant_expired: 'the grant of this session has ended, was revoked, or is not for this server',
};

/** @throws {AddressError} for an entry of a list that is no key */
export function policyOf(access: Access): Policy {
  if (access === 'public') return { permit: () => ({ isKnown: false }) };
  if (isPolicy(access)) return access;
  const keys = new Set(access.map((text) => parseAddress(text).pubkey));
  return { permit: ({ pubkey }) => (keys.has(pubkey) ? { isKnown: true } : { code: 'not_allowed' }) };
}

function isPolicy(access: Exclude<Access, 'public'>): access is Policy {
  return 'permit' in access;
}
