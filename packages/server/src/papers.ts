import { DecodeError, type Frame, type Paper, parsePaper } from '@mcp-nostr/core';

import { KeyBuckets } from './key-buckets.ts';
import { limits } from './limits.ts';
import {
  type Applicant,
  type Denial,
  type DenialCode,
  type GrantedSession,
  isDenial,
  type Permission,
  type Policy,
  type Revocation,
} from './policy.ts';
import { rulesOf } from './session-limits.ts';
import { VerifiedGrants } from './verified-grants.ts';

/** For whom a frame speaks, or what is answered to it instead. */
export interface Reading {
  applicant?: Applicant;
  refusal?: DenialCode | 'revoked';
  /** Who is refused is one whom the policy knows. */
  isKnown?: boolean;
  /** More came in one second than are looked at: whoever means it shows it again. */
  isUnread?: boolean;
}

export interface PapersOptions {
  /** The server's public key. */
  server: string;
  policy: Policy;
  nowSeconds: () => number;
  /** Milliseconds that only grow. */
  clock: () => number;
  /** An identity has taken sessions back. */
  onrevoked: (pubkey: string, revocation: Revocation) => void;
}

interface Known {
  readonly text: string;
  readonly applicant: Applicant & { session: GrantedSession };
}

/** Reads what frames show of their authors' rights (WIRE.md, section 9). */
export class Papers {
  readonly #options: PapersOptions;
  readonly #known: VerifiedGrants;
  readonly #strange: VerifiedGrants;
  readonly #revocations: KeyBuckets;
  /** By session key, what it has shown last. */
  readonly #sessions: Map<string, Known> = new Map();

  constructor(options: PapersOptions) {
    const { knownGrantsPerSecond, knownGrantBurst, strangeGrantsPerSecond, strangeGrantBurst } = limits;
    this.#options = options;
    const each = new KeyBuckets({
      perSecond: limits.grantsPerIdentityPerSecond,
      burst: limits.grantsPerIdentityBurst,
      maxKeys: limits.maxRememberedGrants,
      clock: options.clock,
    });
    this.#known = new VerifiedGrants(knownGrantsPerSecond, knownGrantBurst, options.clock, each);
    this.#strange = new VerifiedGrants(strangeGrantsPerSecond, strangeGrantBurst, options.clock);
    this.#revocations = new KeyBuckets({
      perSecond: limits.revocationsPerSecond,
      burst: limits.revocationBurst,
      maxKeys: limits.maxRememberedGrants,
      clock: options.clock,
    });
  }

  /** `mayRedeem`: the frame has an invite that can let in whom the policy does not know. */
  read(author: string, { grant: text, link }: Frame, mayRedeem: boolean): Reading {
    const last = this.#last(author);
    // What follows an opening does not show it again; an opening for itself does.
    if (text === undefined)
      return { applicant: (link.sequence === 0 ? undefined : last?.applicant) ?? { pubkey: author } };
    if (text === last?.text) return { applicant: last.applicant };
    try {
      const { server, nowSeconds } = this.#options;
      const paper = parsePaper(text, { server, session: author, nowSeconds: nowSeconds() });
      return paper.grant === undefined
        ? this.#revoke(author, paper)
        : this.#admit(author, paper, text, mayRedeem);
    } catch (error) {
      // A pattern that cannot be read is a RangeError.
      if (error instanceof DecodeError || error instanceof RangeError) return { refusal: 'grant_expired' };
      throw error;
    }
  }

  #admit(
    author: string,
    paper: Paper & { revocation?: undefined },
    text: string,
    mayRedeem: boolean,
  ): Reading {
    const { session: pubkey, grantedAt, expiresAt, scopes, tools, resources, prompts } = paper.grant;
    const session = { pubkey, grantedAt, expiresAt, limits: { scopes, tools, resources, prompts } };
    rulesOf(session);
    const applicant = { pubkey: paper.identity, session };
    const refusal = this.#check(author, paper, applicant, mayRedeem);
    if (refusal !== undefined) return refusal;
    this.#sessions.delete(author);
    this.#sessions.set(author, { text, applicant });
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > limits.maxRememberedGrants && oldest !== undefined)
      this.#sessions.delete(oldest);
    return { applicant };
  }

  #revoke(author: string, paper: Paper & { grant?: undefined }): Reading {
    const { identity, revocation } = paper;
    const refusal = this.#check(author, paper, { pubkey: identity }, false);
    if (refusal !== undefined) return refusal;
    if (!this.#revocations.take(identity)) return { isUnread: true };
    const { session, before } = revocation;
    this.#options.policy.revoke?.(identity, { session, before });
    this.#options.onrevoked(identity, { session, before });
    return { refusal: 'revoked', isKnown: isKnown(this.#options.policy.permit({ pubkey: identity })) };
  }

  /**
   * Whom the policy does not admit costs no verification. A forger is answered as one who shows nothing: otherwise the
   * answers would tell whom the server serves.
   */
  #check(author: string, { event }: Paper, applicant: Applicant, mayRedeem: boolean): Reading | undefined {
    const { policy } = this.#options;
    const answer = policy.permit(applicant);
    const asItself = policy.permit({ pubkey: author });
    const forItself = isDenial(asItself) ? asItself.code : 'grant_expired';
    if (isDenial(answer) && !mayRedeem && answer.code === forItself) return { refusal: forItself };
    const isGenuine = (isKnown(answer) ? this.#known : this.#strange).isGenuine(event);
    if (isGenuine === undefined) return { isUnread: true };
    if (!isGenuine) return { refusal: forItself };
    return isDenial(answer) && !mayRedeem ? { refusal: answer.code } : undefined;
  }

  #last(author: string): Known | undefined {
    const known = this.#sessions.get(author);
    if (known === undefined || known.applicant.session.expiresAt > this.#options.nowSeconds()) return known;
    this.#sessions.delete(author);
    return undefined;
  }
}

function isKnown(answer: Permission | Denial): boolean {
  return !isDenial(answer) && answer.isKnown;
}
