import { isDeeperThan, randomHex } from '@mcp-nostr/core';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes, randomBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { base32nopad } from '@scure/base';

import { AccessBookError } from './access-book-error.ts';
import {
  type AllowedKey,
  type DeniedKey,
  type Invite,
  readAllowedKey,
  readDeniedKey,
  readInvite,
  readKey,
  readRecord,
} from './access-entries.ts';
import { type AccessRules, readCount } from './access-rules.ts';
import { limits } from './limits.ts';
import type { Applicant, Revocation } from './policy.ts';
import { type RevokedJson, Revocations } from './revocations.ts';

const VERSION = 1;
const CODE_BYTES = 16;
/** Levels; a book has five. */
const MAX_DEPTH = 16;
/** A code is 26 characters; whoever sends more has none. */
const MAX_CODE_LENGTH = 64;

/** What is kept of a book. */
export interface AccessBookJson {
  version: typeof VERSION;
  inviteKey: string;
  allowed: Record<string, Omit<AllowedKey, 'pubkey'>>;
  denied: Record<string, Omit<DeniedKey, 'pubkey'>>;
  invites: readonly Invite[];
  revocations: Record<string, RevokedJson>;
}

export interface AllowOptions extends AccessRules {
  name?: string | undefined;
  /** Seconds. */
  expiresAt?: number | undefined;
}

export interface InviteOptions {
  rules?: AccessRules | undefined;
  name?: string | undefined;
  /** @default 1 */
  uses?: number | undefined;
  /** Seconds. */
  expiresAt: number;
}

/**
 * Who may call one server: keys that are allowed, each with its rules, keys that are denied, invites that are open, and
 * sessions that were taken back. It touches no disk and no clock: the time, in seconds, comes with each question.
 */
export class AccessBook {
  readonly #allowed: Map<string, AllowedKey> = new Map();
  readonly #denied: Map<string, DeniedKey> = new Map();
  /** By the hash of the code. */
  readonly #invites: Map<string, Invite> = new Map();
  #revocations = new Revocations();
  #inviteKey: Uint8Array = randomBytes(32);

  /** The text of a file. @throws {AccessBookError} `bad_access_book` */
  static parse(text: string): AccessBook {
    // What is wrong is said back, and of what is deeper that is not possible.
    if (isDeeperThan(text, MAX_DEPTH)) throw new AccessBookError('bad_access_book', 'it is too deep');
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw new AccessBookError('bad_access_book', 'it is not JSON', { cause });
    }
    const json = readRecord(value, 'it');
    if (json['version'] !== VERSION)
      throw new AccessBookError(
        'bad_access_book',
        `it is of version ${JSON.stringify(json['version'])}, and this program knows ${VERSION} only; use a newer one`,
      );
    const book = new AccessBook();
    book.#inviteKey = hexToBytes(readKey(json['inviteKey'], 'inviteKey'));
    for (const [pubkey, entry] of Object.entries(readRecord(json['allowed'], 'allowed')))
      book.#allowed.set(pubkey, readAllowedKey(pubkey, entry));
    for (const [pubkey, entry] of Object.entries(readRecord(json['denied'], 'denied')))
      book.#denied.set(pubkey, readDeniedKey(pubkey, entry));
    if (!Array.isArray(json['invites'])) throw new AccessBookError('bad_access_book', 'invites is no list');
    for (const entry of json['invites'].map(readInvite)) book.#invites.set(entry.hash, entry);
    book.#revocations = Revocations.from(json['revocations']);
    return book;
  }

  /** For `JSON.stringify`. Only the owner of the server may read it: it says who knows whom. */
  toJSON(): AccessBookJson {
    return {
      version: VERSION,
      inviteKey: bytesToHex(this.#inviteKey),
      allowed: Object.fromEntries(this.allowed.map(({ pubkey, ...entry }) => [pubkey, entry])),
      denied: Object.fromEntries(this.denied.map(({ pubkey, ...entry }) => [pubkey, entry])),
      invites: this.invites,
      revocations: this.#revocations.toJSON(),
    };
  }

  /** Those too whose time is over, until the next change. */
  get allowed(): AllowedKey[] {
    return [...this.#allowed.values()];
  }

  get denied(): DeniedKey[] {
    return [...this.#denied.values()];
  }

  get invites(): Invite[] {
    return [...this.#invites.values()];
  }

  /** The entry of a key that may call. */
  find(pubkey: string, nowSeconds: number): AllowedKey | undefined {
    const entry = this.#allowed.get(pubkey);
    return entry !== undefined && isCurrent(entry, nowSeconds) ? entry : undefined;
  }

  isDenied(pubkey: string): boolean {
    return this.#denied.has(pubkey);
  }

  isRevoked(applicant: Applicant): boolean {
    return this.#revocations.covers(applicant);
  }

  /** Those that may call. */
  current(nowSeconds: number): AllowedKey[] {
    return this.allowed.filter((entry) => isCurrent(entry, nowSeconds));
  }

  /** Those that let somebody in. */
  openInvites(nowSeconds: number): Invite[] {
    return this.invites.filter((invite) => isOpen(invite, nowSeconds));
  }

  hasOpenInvite(nowSeconds: number): boolean {
    for (const invite of this.#invites.values()) if (isOpen(invite, nowSeconds)) return true;
    return false;
  }

  /** In place of what was said of this key before. @throws {AccessBookError} */
  allow(pubkey: string, options: AllowOptions, nowSeconds: number): AllowedKey {
    const entry = readAllowedKey(pubkey, { ...options, addedAt: nowSeconds });
    this.#allow(entry, nowSeconds);
    this.#denied.delete(pubkey);
    return entry;
  }

  /** @throws {AccessBookError} */
  deny(pubkey: string, { name }: { name?: string | undefined }, nowSeconds: number): DeniedKey {
    const entry = readDeniedKey(pubkey, { name, addedAt: nowSeconds });
    this.#dropExpired(nowSeconds);
    if (!this.#denied.has(pubkey)) checkRoom(this.#denied.size, limits.maxListedKeys, 'denied keys');
    this.#denied.set(pubkey, entry);
    this.#allowed.delete(pubkey);
    return entry;
  }

  /** Nothing is said of this key any more. Returns whether something was. */
  remove(pubkey: string): boolean {
    const wasDenied = this.#denied.delete(pubkey);
    return this.#allowed.delete(pubkey) || wasDenied;
  }

  /** Draws a code of 128 random bits; this is the only time that it can be read. @throws {AccessBookError} */
  invite(
    { rules = {}, name, uses = 1, expiresAt }: InviteOptions,
    nowSeconds: number,
  ): { code: string; invite: Invite } {
    this.#dropExpired(nowSeconds);
    checkRoom(this.#invites.size, limits.maxInvites, 'invites');
    readCount(expiresAt - nowSeconds, 'how long an invite is open, in seconds,', limits.maxInviteSeconds);
    const code = base32nopad.encode(randomBytes(CODE_BYTES)).toLowerCase();
    const id = this.#newId();
    const hash = this.#hash(code);
    const invite = readInvite({
      id,
      hash,
      rules,
      name,
      uses,
      redeemedBy: [],
      addedAt: nowSeconds,
      expiresAt,
    });
    this.#invites.set(hash, invite);
    return { code, invite };
  }

  /** Closes an invite; whom it has let in stays. */
  withdraw(id: string): boolean {
    const invite = this.invites.find((each) => each.id === id);
    return invite !== undefined && this.#invites.delete(invite.hash);
  }

  /** Whether this is the code of an open invite. */
  isInvite(code: string, nowSeconds: number): boolean {
    const invite = this.#find(code);
    return invite !== undefined && isOpen(invite, nowSeconds);
  }

  /**
   * Lets in who knows a code: its entry, or why not. A key that may call already keeps its rules and uses nothing up,
   * so that one whose answer was lost may ask again.
   */
  redeem(code: string, pubkey: string, nowSeconds: number): AllowedKey | 'not_allowed' | 'invite_expired' {
    if (this.isDenied(pubkey)) return 'not_allowed';
    const known = this.find(pubkey, nowSeconds);
    if (known !== undefined) return known;
    const invite = this.#find(code);
    // A key that was taken off the list does not come back by the invite that it has used.
    if (invite === undefined || !isOpen(invite, nowSeconds) || invite.redeemedBy.includes(pubkey))
      return 'invite_expired';
    const { id, hash, rules, name } = invite;
    const entry: AllowedKey = {
      pubkey,
      ...(name !== undefined && { name }),
      ...rules,
      addedAt: nowSeconds,
      via: id,
    };
    this.#allow(entry, nowSeconds);
    this.#invites.set(hash, { ...invite, redeemedBy: [...invite.redeemedBy, pubkey] });
    return entry;
  }

  revoke(pubkey: string, revocation: Revocation, nowSeconds: number): void {
    this.#revocations.add(pubkey, revocation, nowSeconds);
  }

  #find(code: string): Invite | undefined {
    if (code.length > MAX_CODE_LENGTH) return undefined;
    return this.#invites.get(this.#hash(code.trim().toLowerCase()));
  }

  #allow(entry: AllowedKey, nowSeconds: number): void {
    this.#dropExpired(nowSeconds);
    if (!this.#allowed.has(entry.pubkey)) checkRoom(this.#allowed.size, limits.maxListedKeys, 'allowed keys');
    this.#allowed.set(entry.pubkey, entry);
  }

  #dropExpired(nowSeconds: number): void {
    for (const [pubkey, entry] of this.#allowed)
      if (!isCurrent(entry, nowSeconds)) this.#allowed.delete(pubkey);
    for (const [hash, { expiresAt }] of this.#invites)
      if (expiresAt <= nowSeconds) this.#invites.delete(hash);
  }

  #hash(code: string): string {
    return bytesToHex(hmac(sha256, this.#inviteKey, utf8ToBytes(code)));
  }

  #newId(): string {
    const taken = new Set(this.invites.map(({ id }) => id));
    let id = randomHex(3);
    while (taken.has(id)) id = randomHex(3);
    return id;
  }
}

function isCurrent({ expiresAt }: AllowedKey, nowSeconds: number): boolean {
  return expiresAt === undefined || nowSeconds < expiresAt;
}

function isOpen({ uses, redeemedBy, expiresAt }: Invite, nowSeconds: number): boolean {
  return redeemedBy.length < uses && nowSeconds < expiresAt;
}

function checkRoom(size: number, max: number, what: string): void {
  if (size >= max)
    throw new AccessBookError('access_book_full', `there are ${max} ${what} already; remove some first`);
}
