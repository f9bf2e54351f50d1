import { isHex32, isRecord } from '@mcp-nostr/core';

import { AccessBookError } from './access-book-error.ts';
import { type AccessRules, checkMembers, readCount, readRules, ruleNames } from './access-rules.ts';
import { limits } from './limits.ts';

/** A key that may call. */
export interface AllowedKey extends AccessRules {
  /** 64 lower-case hex characters. */
  pubkey: string;
  /** The operator's own, for lists and logs. */
  name?: string | undefined;
  /** Seconds. */
  addedAt: number;
  /** Seconds: until then. */
  expiresAt?: number | undefined;
  /** The id of the invite that let it in. */
  via?: string | undefined;
}

/** A key that may not, whatever else says so. */
export interface DeniedKey {
  pubkey: string;
  name?: string | undefined;
  /** Seconds. */
  addedAt: number;
}

/** Lets in whoever knows its code, which is kept nowhere. */
export interface Invite {
  /** Names it to its operator; says nothing of the code. */
  id: string;
  /** HMAC-SHA-256 of the code under the book's key, hex. */
  hash: string;
  /** What those may do whom it lets in. */
  rules: AccessRules;
  /** For which of them, or for whom. */
  name?: string | undefined;
  /** Keys that it lets in. */
  uses: number;
  redeemedBy: readonly string[];
  /** Seconds. */
  addedAt: number;
  /** Seconds. */
  expiresAt: number;
}

const INVITE_MEMBERS = ['id', 'hash', 'rules', 'name', 'uses', 'redeemedBy', 'addedAt', 'expiresAt'];

/** @throws {AccessBookError} */
export function readAllowedKey(pubkey: string, value: unknown): AllowedKey {
  const where = `the entry of ${readKey(pubkey, 'an allowed key')}`;
  const entry = readRecord(value, where);
  checkMembers(entry, ['name', ...ruleNames, 'addedAt', 'expiresAt', 'via'], where);
  return {
    pubkey,
    ...readName(entry, where),
    ...readRules(entry, where),
    addedAt: readCount(entry['addedAt'], `addedAt of ${where}`),
    ...(entry['expiresAt'] !== undefined && {
      expiresAt: readCount(entry['expiresAt'], `expiresAt of ${where}`),
    }),
    ...(entry['via'] !== undefined && { via: readText(entry['via'], `via of ${where}`) }),
  };
}

/** @throws {AccessBookError} */
export function readDeniedKey(pubkey: string, value: unknown): DeniedKey {
  const where = `the entry of ${readKey(pubkey, 'a denied key')}`;
  const entry = readRecord(value, where);
  return {
    pubkey,
    ...readName(entry, where),
    addedAt: readCount(entry['addedAt'], `addedAt of ${where}`),
  };
}

/** @throws {AccessBookError} */
export function readInvite(value: unknown): Invite {
  const entry = readRecord(value, 'an invite');
  const id = readText(entry['id'], 'the id of an invite');
  const where = `invite ${id}`;
  checkMembers(entry, INVITE_MEMBERS, where);
  const rules = readRecord(entry['rules'], `rules of ${where}`);
  checkMembers(rules, ruleNames, `rules of ${where}`);
  const uses = readCount(entry['uses'], `uses of ${where}`, limits.maxInviteUses);
  const redeemedBy = entry['redeemedBy'];
  if (!Array.isArray(redeemedBy) || redeemedBy.length > uses)
    throw bad(`redeemedBy of ${where} has to be a list of at most ${uses} keys`);
  return {
    id,
    hash: readKey(entry['hash'], `the hash of ${where}`),
    rules: readRules(rules, where),
    ...readName(entry, where),
    uses,
    redeemedBy: redeemedBy.map((key) => readKey(key, `redeemedBy of ${where}`)),
    addedAt: readCount(entry['addedAt'], `addedAt of ${where}`),
    expiresAt: readCount(entry['expiresAt'], `expiresAt of ${where}`),
  };
}

/** 64 lower-case hex characters: a public key, or a hash of the same length. @throws {AccessBookError} */
export function readKey(value: unknown, where: string): string {
  if (typeof value === 'string' && isHex32(value)) return value;
  throw bad(`${where} is not 64 lower-case hex characters`);
}

/** @throws {AccessBookError} */
export function readRecord(value: unknown, where: string): Record<string, unknown> {
  if (isRecord(value)) return value;
  throw bad(`${where} is no object`);
}

function readName(entry: Record<string, unknown>, where: string): { name?: string } {
  const { name } = entry;
  return name === undefined ? {} : { name: readText(name, `name of ${where}`) };
}

function readText(value: unknown, where: string): string {
  if (typeof value === 'string' && value !== '' && value.length <= limits.maxKeyNameLength) return value;
  throw bad(`${where} is not a text of 1 to ${limits.maxKeyNameLength} characters`);
}

function bad(problem: string): AccessBookError {
  return new AccessBookError('bad_access_book', problem);
}
