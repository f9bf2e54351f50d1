import { isHex32, isRecord } from '@mcp-nostr/core';

import { AccessBookError } from './access-book-error.ts';
import { limits } from './limits.ts';
import type { Applicant, Revocation } from './policy.ts';

interface Revoked {
  /** Every session that was granted until then, in seconds. */
  all: number;
  /** Single ones, each with the same. */
  readonly sessions: Map<string, number>;
}

export interface RevokedJson {
  all?: number;
  sessions?: Record<string, number>;
}

/** Sessions that their identities have taken back, until no grant that old is taken any more. */
export class Revocations {
  readonly #revoked: Map<string, Revoked> = new Map();

  /** `before`: grants of that second and earlier ones. */
  add(pubkey: string, { session, before }: Revocation, nowSeconds: number): void {
    this.#drop(nowSeconds);
    const revoked = this.#revoked.get(pubkey) ?? { all: 0, sessions: new Map<string, number>() };
    this.#revoked.delete(pubkey);
    this.#revoked.set(pubkey, revoked);
    const isFull = revoked.sessions.size >= limits.maxRevokedSessions;
    // Too many to tell them apart: all that there were go.
    if (session === undefined || isFull) revoked.all = Math.max(revoked.all, before);
    else revoked.sessions.set(session, Math.max(revoked.sessions.get(session) ?? 0, before));
    for (const [each, until] of revoked.sessions) if (until <= revoked.all) revoked.sessions.delete(each);
    const [oldest] = this.#revoked.keys();
    if (this.#revoked.size > limits.maxRevokingKeys && oldest !== undefined) this.#revoked.delete(oldest);
  }

  covers({ pubkey, session }: Applicant): boolean {
    const revoked = this.#revoked.get(pubkey);
    if (session === undefined || revoked === undefined) return false;
    return session.grantedAt <= Math.max(revoked.all, revoked.sessions.get(session.pubkey) ?? 0);
  }

  toJSON(): Record<string, RevokedJson> {
    return Object.fromEntries(
      [...this.#revoked].map(([pubkey, { all, sessions }]) => [
        pubkey,
        {
          ...(all > 0 && { all }),
          ...(sessions.size > 0 && { sessions: Object.fromEntries(sessions) }),
        },
      ]),
    );
  }

  /** @throws {AccessBookError} where it cannot be read: what was taken back must not be valid again by a slip */
  static from(value: unknown): Revocations {
    const read = new Revocations();
    if (!isRecord(value)) throw bad('revocations');
    for (const [pubkey, entry] of Object.entries(value)) {
      if (!isHex32(pubkey) || !isRecord(entry)) throw bad(`revocation of ${pubkey}`);
      const { all, sessions = {} } = entry;
      if (!isRecord(sessions)) throw bad(`revocation of ${pubkey}`);
      for (const [session, before] of Object.entries(sessions)) {
        if (!isHex32(session) || !isSeconds(before)) throw bad(`revocation of ${pubkey}`);
        read.add(pubkey, { session, before }, 0);
      }
      if (all === undefined) continue;
      if (!isSeconds(all)) throw bad(`revocation of ${pubkey}`);
      read.add(pubkey, { before: all }, 0);
    }
    return read;
  }

  #drop(nowSeconds: number): void {
    const oldest = nowSeconds - limits.revocationSeconds;
    for (const [pubkey, { all, sessions }] of this.#revoked) {
      for (const [session, before] of sessions) if (before < oldest) sessions.delete(session);
      if (all < oldest && sessions.size === 0) this.#revoked.delete(pubkey);
    }
  }
}

function bad(what: string): AccessBookError {
  return new AccessBookError('bad_access_book', `the ${what} cannot be read`);
}

function isSeconds(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}
