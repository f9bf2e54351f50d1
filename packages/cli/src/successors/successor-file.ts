import { join } from 'node:path';

import { type Address, isHex32, isRecord } from '@mcp-nostr/core';

import { CliError, describeError, exitCodes } from '../errors.ts';
import { ourFolder } from '../folders.ts';
import { textOf, updateFile } from '../locked-file.ts';

/** What a server's key has said of the key that follows it. Times in seconds. */
export interface Successor extends Address {
  announcedAt: number;
}

/** The first that was seen of a key: a thief of the key, who comes later, can say another. */
export interface KnownSuccessor extends Successor {
  seenAt: number;
  /** A person has agreed: the former key stands for this one from then on. */
  followedAt?: number | undefined;
}

type Known = Map<string, KnownSuccessor>;

const VERSION = 1;
/** Of one key, one after the other. A ring ends here too. */
const MAX_STEPS = 16;

function successorsPath(env: NodeJS.ProcessEnv = process.env): string {
  return join(ourFolder('data', env), 'successors.json');
}

/** By the former key, hex. @throws {CliError} `config_file` when it is there and cannot be read */
function readSuccessors(env: NodeJS.ProcessEnv = process.env): ReadonlyMap<string, KnownSuccessor> {
  const path = successorsPath(env);
  try {
    return parse(textOf(path));
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Keeps what a key has said, unless it has said something before. Returns what it has said first. */
export async function noteSuccessor(former: string, successor: Successor): Promise<KnownSuccessor> {
  const known = readSuccessors().get(former);
  if (known !== undefined) return known;
  const first = { ...successor, seenAt: nowSeconds() };
  await change((all) => {
    if (!all.has(former)) all.set(former, first);
  });
  return readSuccessors().get(former) ?? first;
}

/** From now on the former key stands for this one. */
export async function setFollowed(former: string, successor: Successor): Promise<void> {
  const now = nowSeconds();
  await change((all) => {
    const seenAt = all.get(former)?.seenAt ?? now;
    all.set(former, { ...successor, seenAt, followedAt: now });
  });
}

/** Where a key has led to, by what a person has agreed to; the address itself where to nowhere else. */
export function followed(address: Address): Address {
  const all = readSuccessors();
  let at = address;
  for (let step = 0; step < MAX_STEPS; step++) {
    const next = all.get(at.pubkey);
    if (next?.followedAt === undefined) return at;
    at = { pubkey: next.pubkey, relays: next.relays };
  }
  return address;
}

async function change(make: (all: Known) => void): Promise<void> {
  const path = successorsPath();
  await updateFile(path, (text) => {
    let all: Known;
    try {
      all = parse(text);
    } catch (error) {
      throw unreadable(path, error);
    }
    make(all);
    return `${JSON.stringify({ version: VERSION, successors: Object.fromEntries(all) }, undefined, 1)}\n`;
  });
}

function parse(text: string | undefined): Known {
  if (text === undefined) return new Map();
  const document: unknown = JSON.parse(text);
  const { version, successors } = isRecord(document) ? document : {};
  if (version !== VERSION || !isRecord(successors)) throw new Error('it is no list of successors');
  return new Map(Object.entries(successors).map(([former, entry]) => [former, parseEntry(entry)]));
}

function parseEntry(entry: unknown): KnownSuccessor {
  const { pubkey, relays, announcedAt, seenAt, followedAt } = isRecord(entry) ? entry : {};
  const isSound = typeof pubkey === 'string' && isHex32(pubkey) && Array.isArray(relays);
  if (!isSound || typeof announcedAt !== 'number' || typeof seenAt !== 'number')
    throw new Error('one of its entries cannot be read');
  return {
    pubkey,
    relays: relays.filter((url) => typeof url === 'string'),
    announcedAt,
    seenAt,
    ...(typeof followedAt === 'number' ? { followedAt } : {}),
  };
}

function unreadable(path: string, cause: unknown): CliError {
  const { message } = describeError(cause);
  return new CliError('config_file', exitCodes.usage, `${path} cannot be read: ${message}`, {
    hint: 'it says which keys of servers were followed by which; put it right, or move it away',
    cause,
  });
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}
