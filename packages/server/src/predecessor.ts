import {
  type Address,
  DecodeError,
  eventJson,
  formatNpub,
  type NostrEvent,
  readSuccessor,
  type Signer,
} from '@mcp-nostr/core';

import { limits } from './limits.ts';

/** A key that the server had, and where it has said that it has another one. */
export interface Predecessor {
  /** Of the former key: its clients are answered with it. */
  signer: Signer;
  /** What the former key has signed ({@link successorTemplate} of core): the server's key, or one between the two. */
  statement: NostrEvent;
  /** The relays keep the statement for everybody. @default false: only who may call is told */
  isPublished?: boolean | undefined;
}

export interface CheckedPredecessor extends Predecessor {
  pubkey: string;
  /** The statement, for the tag `successor`. */
  json: string;
  /** The key that it names, and its relays. */
  successor: Address;
}

/** @throws {DecodeError} for a statement that no client would believe */
export async function checkPredecessors(
  predecessors: readonly Predecessor[],
  server: string,
): Promise<CheckedPredecessor[]> {
  // Each has a connection of its own to every relay.
  if (predecessors.length > limits.maxPredecessors)
    throw new RangeError(`${predecessors.length} predecessors: ${limits.maxPredecessors} are the most`);
  const checked = await Promise.all(
    predecessors.map(async (each) => {
      const pubkey = await each.signer.getPublicKey();
      const { successor } = readSuccessor(each.statement, pubkey, Math.floor(Date.now() / 1_000));
      return { ...each, pubkey, json: eventJson(each.statement), successor };
    }),
  );
  const own = checked.find(({ pubkey }) => pubkey === server);
  if (own === undefined) return checked;
  throw new DecodeError('bad_successor', `${formatNpub(server)} is not its own predecessor`);
}
