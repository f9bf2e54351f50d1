import { type FailureCode, formatNpub } from '@mcp-nostr/core';

import { redact } from '../../log/redact.ts';
import { formatDuration, oneLine, shortNpub } from '../../terminal.ts';
import { followCommand } from '../../successors/moved.ts';
import type { RelayBoard } from '../relay-board.ts';
import type { Failure } from './tool-failure.ts';

export interface ServerName {
  /** Hex. */
  readonly pubkey: string;
  /** Its address and the options that a person gave: commands that are proposed carry them. */
  readonly words: string;
  /** What it calls itself, if it was ever heard. */
  readonly title: string | undefined;
  /** Milliseconds since 1970. */
  readonly seenAt: number | undefined;
}

/** The server for people: its own name is a stranger's text, its key is not. */
export function nameOf({ pubkey, title }: ServerName): string {
  const npub = shortNpub(formatNpub(pubkey));
  return title === undefined || title.trim() === '' ? npub : `${oneLine(title, 60)} (${npub})`;
}

const consequences: Record<FailureCode, string> = {
  server_silent: 'Nothing was executed; it can be tried again.',
  relays_unreachable: 'Nothing was executed; it can be tried again.',
  outcome_unknown: 'The call may have been executed or not: check before it is repeated.',
  message_too_large: 'Send or ask for less at once.',
  not_allowed: 'Nothing was executed; the owner of the server can let this key in.',
  busy: 'Nothing was executed; it can be tried again later.',
  server_failed: 'The fault is at the end of the server.',
  signer_failed: 'Nothing was sent; it can be tried again.',
  rate_limited: 'Nothing was executed; it can be tried again a little later.',
  invite_required: 'Nothing was executed; the owner of the server can invite this key or let it in.',
  invite_expired: 'Nothing was executed; the owner of the server can make another invite.',
  grant_expired: 'Nothing was executed; the owner of the identity has to approve again.',
  server_moved: 'Nothing was executed; the new key of the server has to be accepted first.',
  pin_mismatch: 'Nothing was executed; what has changed has to be looked at and accepted first.',
  payment_required: 'Nothing was executed; whoever pays has to be there while the request waits.',
  payment_rejected: 'Nothing was executed; the server says why.',
  wrong_clock: 'Nothing was executed; the clocks differ, and one of them has to be set right.',
  encryption_required: 'Nothing was executed; it has to be sent encrypted.',
  not_encrypted: 'Nothing was executed; it can be used in plain text only, which every relay can read.',
};

/** What the host's person or model reads where the server cannot answer. */
export function explain(failure: Failure, server: ServerName, relays: RelayBoard, now: number): string {
  const sentences = [
    `${nameOf(server)}: ${reason(failure, relays)}`,
    seen(server, now),
    consequences[failure.code],
    nextStep(failure, server),
  ];
  // A model and its provider read it: the URL of a relay may have a password in it.
  return redact(sentences.join(' '));
}

/** The instructions of a server that was never reached. */
export function instructionsUnknown(
  server: ServerName,
  failure: Failure | undefined,
  relays: RelayBoard,
): string {
  const why = failure === undefined ? relays.describe() : reason(failure, relays);
  return redact(
    `The MCP server ${nameOf(server)} on Nostr has not been reached yet, so its tools are not known: ${sentence(why)} ` +
      `They appear by themselves once it is reached. To find out more: ${doctorCommand(server)}`,
  );
}

function nextStep({ successor }: Failure, server: ServerName): string {
  if (successor === undefined) return `To find out more: ${doctorCommand(server)}`;
  return `A person who knows from its owner that this is so can run: ${followCommand(server.words, successor)}`;
}

function doctorCommand({ words }: ServerName): string {
  return `mcp-nostr doctor ${words}`;
}

function reason({ code, message }: Failure, relays: RelayBoard): string {
  if (code === 'relays_unreachable' && relays.all.length > 0)
    return sentence(`the server cannot be reached: ${relays.describe()}`);
  if (code === 'server_silent') return sentence(`the server does not answer; ${relays.describe()}`);
  return sentence(message);
}

function seen({ seenAt }: ServerName, now: number): string {
  if (seenAt === undefined) return 'It was never reached from here.';
  const time = new Date(seenAt).toISOString().slice(0, 16).replace('T', ' ');
  return `It was last heard ${formatDuration(Math.max(0, now - seenAt))} ago (${time} UTC).`;
}

function sentence(text: string): string {
  const line = oneLine(text, 500);
  return /[.!?\u2026]$/.test(line) ? line : `${line}.`;
}
