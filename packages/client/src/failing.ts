import type { FailureCode } from '@mcp-nostr/core';
import { type Fate, type OutgoingMessage, TransportError } from '@mcp-nostr/transport';

import type { Requests } from './requests.ts';
import { mayRepeat } from './sort-out.ts';

/** Requests that may have been executed, whose answers will not come. */
export function failUnknown(requests: Requests, keys: Iterable<string>, reason: string): void {
  for (const key of keys)
    requests.fail(key, 'outcome_unknown', `${reason}; the request may have been executed or not`);
}

/** How a conversation ended. */
interface Ending {
  code: FailureCode;
  reason: string;
  /** What has left may have been executed. */
  isExecutable: boolean;
  /** For programs. */
  data?: Record<string, unknown> | undefined;
}

/** Everything that waits. */
export function failAll(
  requests: Requests,
  fates: ReadonlyMap<OutgoingMessage, Fate>,
  { code, reason, isExecutable, data = {} }: Ending,
): void {
  for (const [key, { outgoing }] of requests.pending) {
    const isSafe = !isExecutable || mayRepeat(outgoing, fates.get(outgoing), false);
    if (isSafe) requests.fail(key, code, reason, data);
    else failUnknown(requests, [key], reason);
  }
  const error = new TransportError(code === 'server_failed' ? 'closed' : code, reason, { data });
  for (const message of fates.keys()) message.onsettled?.(error);
}

/** What has not left, since no relay is reached. */
export function failStranded(requests: Requests, stranded: OutgoingMessage[], relays: string): void {
  const reason = `no relay can be reached: ${relays}`;
  const error = new TransportError('relays_unreachable', reason);
  for (const message of stranded) {
    if (message.id !== undefined && requests.isOf(message))
      requests.fail(message.id, 'relays_unreachable', reason);
    else message.onsettled?.(error);
  }
}
