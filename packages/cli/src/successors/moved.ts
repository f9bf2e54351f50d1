import { formatNpub, isRecord, parseAddress } from '@mcp-nostr/core';

import { CliError, exitCodes } from '../errors.ts';
import type { KnownSuccessor, Successor } from './successor-file.ts';

/** What the data of a failure say of the key that follows; undefined for another failure. */
export function successorIn(data: unknown): Successor | undefined {
  if (!isRecord(data) || data['code'] !== 'server_moved') return undefined;
  const { successor, announcedAt } = data;
  if (typeof successor !== 'string' || typeof announcedAt !== 'number') return undefined;
  return { ...parseAddress(successor), announcedAt };
}

export function successorOf(error: unknown): Successor | undefined {
  return error instanceof Error && 'data' in error ? successorIn(error.data) : undefined;
}

/** The command by which a person agrees; `words`: of a command line, the address as it was given first. */
export function followCommand(words: string, { pubkey }: Successor): string {
  return `mcp-nostr follow ${words} ${formatNpub(pubkey)}`;
}

/** A server has another key, and nobody has agreed to it. */
export function movedError(former: string, words: string, successor: Successor): CliError {
  const message = `${formatNpub(former)} has another key since ${dateOf(successor.announcedAt)}, by its own word: ${formatNpub(successor.pubkey)}`;
  return new CliError('server_moved', exitCodes.verificationFailed, message, {
    hint: `its owner knows whether that is so; to use the new key: ${followCommand(words, successor)}`,
  });
}

/** The former key names another one than at first: one of the two is not its owner's. */
export function contradiction(former: string, first: KnownSuccessor, now: Successor): CliError {
  return new CliError(
    'pin_mismatch',
    exitCodes.verificationFailed,
    `${formatNpub(former)} named ${formatNpub(first.pubkey)} as the key that follows it when that was first seen ` +
      `(${dateOf(first.seenAt)}), and now names ${formatNpub(now.pubkey)}`,
    { hint: 'somebody else may have the former key: ask its owner which of the two it is' },
  );
}

/** `2026-11-21` */
export function dateOf(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().slice(0, 10);
}
