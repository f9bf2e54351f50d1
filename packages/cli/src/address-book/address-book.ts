import { isRecord } from '@mcp-nostr/core';

/** A server as it is known here. */
export interface KnownServer {
  /** 64 lower-case hex characters. It stays, whatever a domain says later. */
  pubkey: string;
  relays: readonly string[];
  /** Whose key it is, by the word of a domain. */
  nip05?: string | undefined;
  /** What `--key` takes: which of our keys this server knows us by. */
  key?: string | undefined;
  /** Seconds. */
  pairedAt?: number | undefined;
  /** Seconds: when this key was first seen behind this name. */
  seenAt: number;
}

/**
 * Servers by name. Somebody gave it, or it is a `name@domain` that was used: both keep the key that was seen first behind
 * it.
 */
export type AddressBook = ReadonlyMap<string, KnownServer>;

const VERSION = 1;

/** @throws {Error} when it is no address book of a version that we know; the message says why */
export function parseBook(text: string): AddressBook {
  const document: unknown = JSON.parse(text);
  if (!isRecord(document) || document['version'] !== VERSION || !isRecord(document['servers']))
    throw new Error(`it is no list of servers of version ${VERSION}`);
  return new Map(
    Object.entries(document['servers']).map(([name, entry]) => {
      const server = parseServer(entry);
      if (server === undefined) throw new Error(`what it says of ${JSON.stringify(name)} cannot be read`);
      return [name, server];
    }),
  );
}

export function formatBook(book: AddressBook): string {
  return `${JSON.stringify({ version: VERSION, servers: Object.fromEntries(book) }, undefined, 2)}\n`;
}

/** The name and the server that a `name@domain` has led to. */
export function pinned(book: AddressBook, nip05: string): KnownServer | undefined {
  return book.get(nip05) ?? [...book.values()].find((server) => server.nip05 === nip05);
}

function parseServer(entry: unknown): KnownServer | undefined {
  if (!isRecord(entry)) return undefined;
  const { pubkey, relays, nip05, key, pairedAt, seenAt } = entry;
  if (typeof pubkey !== 'string' || !/^[0-9a-f]{64}$/.test(pubkey) || !isTime(seenAt)) return undefined;
  if (!Array.isArray(relays)) return undefined;
  return {
    pubkey,
    relays: relays.filter((url) => typeof url === 'string'),
    ...(typeof nip05 === 'string' ? { nip05 } : {}),
    ...(typeof key === 'string' ? { key } : {}),
    ...(isTime(pairedAt) ? { pairedAt } : {}),
    seenAt,
  };
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
