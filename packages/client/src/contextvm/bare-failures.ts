import { type FailureCode, isFailureCode } from '@mcp-nostr/core';
import { asSignerError, TransportError } from '@mcp-nostr/transport';

import type { BareRequest } from './bare-request.ts';

/** Answers a request for a reason of the way. */
export type FailRequest = (
  request: BareRequest,
  code: FailureCode,
  reason: string,
  data?: Record<string, unknown>,
) => void;

/** The server, and where it was looked for, in words. */
interface Whereabouts {
  server: string;
  relays: string;
}

interface Silence extends Whereabouts {
  isReachable: boolean;
  /** Undefined: it was never heard. */
  silentSeconds: number | undefined;
}

/** The server is gone, or the way to it: only what surely was not executed, or does no harm, is said to have failed. */
export function failSilent(
  requests: readonly BareRequest[],
  fail: FailRequest,
  { server, relays, isReachable, silentSeconds }: Silence,
): void {
  const heard = silentSeconds === undefined ? '' : `; it was last heard ${silentSeconds} s ago`;
  const [code, reason]: [FailureCode, string] = isReachable
    ? ['server_silent', `${server} does not answer on ${relays}${heard}`]
    : ['relays_unreachable', `no relay can be reached: ${relays}`];
  for (const request of requests) {
    if (request.isHarmless || !request.isOut) fail(request, code, reason);
    else fail(request, 'outcome_unknown', `${reason}; the request may have been executed or not`);
  }
}

/** Why a request did not leave. */
export function sendingFailure(
  error: unknown,
  { server, relays }: Whereabouts,
): { code: FailureCode; reason: string; data?: Record<string, unknown> } {
  const { code, message, data } = asTransportError(error);
  if (isNobodyThere(error))
    return { code: 'server_silent', reason: `${server} does not answer on ${relays}` };
  return { code: isFailureCode(code) ? code : 'relays_unreachable', reason: message, data };
}

export function asTransportError(error: unknown): TransportError {
  return error instanceof TransportError ? error : asSignerError(error);
}

/** Every relay said so. */
export function isNobodyThere(error: unknown): boolean {
  if (!(error instanceof TransportError) || error.code !== 'relays_unreachable') return false;
  const { relays } = error.data;
  return Array.isArray(relays) && relays.every((each: { code?: unknown }) => each.code === 'mute');
}
