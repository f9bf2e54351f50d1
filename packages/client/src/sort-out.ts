import { isListening } from '@mcp-nostr/core';
import type { Fate, OutgoingMessage } from '@mcp-nostr/transport';

import type { Requests } from './requests.ts';

/** What becomes of that which a lost connection leaves behind. */
export interface Remains {
  /** Goes to the next connection, in this order. */
  again: OutgoingMessage[];
  /** Requests that may have been executed. */
  unknown: string[];
  /** What nobody waits for an answer to. */
  dropped: OutgoingMessage[];
}

/**
 * Sorts by what can have become of each message; `fates` are in the order in which they were sent, and say nothing of
 * what the server has. `isTrusted`: the server itself has said how far it came, so the rest was not executed;
 * otherwise unacknowledged never means not executed.
 */
export function sortOut(
  requests: Requests,
  fates: ReadonlyMap<OutgoingMessage, Fate>,
  isTrusted: boolean,
): Remains {
  const remains: Remains = { again: [], unknown: [], dropped: [] };
  for (const [key, { request, outgoing }] of requests.pending) {
    const fate = fates.get(outgoing);
    if (isListening(request) || !mayRepeat(outgoing, fate, isTrusted)) remains.unknown.push(key);
    else if (fate === undefined) remains.again.push(outgoing);
  }
  for (const [message, fate] of fates) {
    if (requests.isOf(message)) {
      if (message.id !== undefined && !remains.unknown.includes(message.id)) remains.again.push(message);
      // Of notifications those behind the first that may have arrived are left out too: in order or not at all.
    } else if (message.sort === 'notification' && (isTrusted || fate === 'unsent'))
      remains.again.push(message);
    else remains.dropped.push(message);
  }
  return remains;
}

/** Whether sending it again cannot execute it twice. */
export function mayRepeat(message: OutgoingMessage, fate: Fate | undefined, isTrusted: boolean): boolean {
  if (message.isHarmless === true || fate === 'unsent' || fate === 'untaken') return true;
  return isTrusted && fate !== undefined;
}
