import { DecodeError, isRecord, type NostrEvent, parseEvent } from '@mcp-nostr/core';

import { type Filter, parseFilter } from './filter.ts';
import type { RelayLimits } from '../limits.ts';
import type { Reason } from './relay-messages.ts';

/** What a client said. What is wrong is a value as well, with the id under which the client waits for an answer. */
export type ClientMessage =
  | { type: 'event'; event: NostrEvent }
  | { type: 'bad-event'; id: string; reason: Reason }
  | { type: 'request'; subscriptionId: string; filters: Filter[] }
  | { type: 'bad-request'; subscriptionId: string; reason: Reason }
  | { type: 'close'; subscriptionId: string }
  | { type: 'malformed'; reason: Reason };

/** Reads one message of a client (NIP-01); `bytes` is its length on the wire. */
export function parseClientMessage(text: string, bytes: number, limits: RelayLimits): ClientMessage {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return malformed('the message is not JSON');
  }
  if (!Array.isArray(message)) return malformed('the message is not a JSON array');
  const [verb, ...rest]: unknown[] = message;
  switch (verb) {
    case 'EVENT':
      return parseEventMessage(rest, bytes, limits);
    case 'REQ':
      return parseRequest(rest, limits);
    case 'CLOSE':
      return isSubscriptionId(rest[0], limits)
        ? { type: 'close', subscriptionId: rest[0] }
        : malformed(badSubscriptionId('CLOSE', limits));
    default:
      return {
        type: 'malformed',
        reason:
          typeof verb === 'string'
            ? `unsupported: this relay takes EVENT, REQ and CLOSE, not ${JSON.stringify(verb.slice(0, 32))}`
            : 'invalid: the first element of a message is its type, a string',
      };
  }
}

function parseEventMessage([value]: unknown[], bytes: number, limits: RelayLimits): ClientMessage {
  const envelopeBytes = '["EVENT",]'.length;
  if (bytes - envelopeBytes > limits.maxEventBytes) {
    return badEvent(value, `invalid: an event has at most ${limits.maxEventBytes} bytes, this one ${bytes}`);
  }
  try {
    return { type: 'event', event: parseEvent(value) };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return badEvent(value, `invalid: ${error.message}`);
  }
}

/** NIP-01 wants an OK for every EVENT; without an id there is nothing to put into it. */
function badEvent(value: unknown, reason: Reason): ClientMessage {
  const id = isRecord(value) ? value.id : undefined;
  return typeof id === 'string' && id.length <= 64
    ? { type: 'bad-event', id, reason }
    : { type: 'malformed', reason };
}

function parseRequest([subscriptionId, ...values]: unknown[], limits: RelayLimits): ClientMessage {
  if (!isSubscriptionId(subscriptionId, limits)) return malformed(badSubscriptionId('REQ', limits));
  if (values.length === 0) return badRequest(subscriptionId, 'invalid: a REQ has at least one filter');
  if (values.length > limits.maxFilters) {
    return badRequest(subscriptionId, `invalid: a REQ has at most ${limits.maxFilters} filters`);
  }
  const filters: Filter[] = [];
  for (const value of values) {
    const filter = parseFilter(value, limits);
    if (typeof filter === 'string') return badRequest(subscriptionId, filter);
    filters.push(filter);
  }
  return { type: 'request', subscriptionId, filters };
}

function isSubscriptionId(value: unknown, limits: RelayLimits): value is string {
  return typeof value === 'string' && value !== '' && value.length <= limits.maxSubscriptionIdLength;
}

function badSubscriptionId(verb: string, limits: RelayLimits): string {
  return `the subscription id of ${verb} is a string of 1 to ${limits.maxSubscriptionIdLength} characters`;
}

function badRequest(subscriptionId: string, reason: Reason): ClientMessage {
  return { type: 'bad-request', subscriptionId, reason };
}

function malformed(what: string): ClientMessage {
  return { type: 'malformed', reason: `invalid: ${what}` };
}
