import { isRecord, type NostrEvent, parseEvent } from '@mcp-nostr/core';

import { limits } from './limits.ts';

/** What a relay says to a client (NIP-01, NIP-42). */
export type RelayMessage =
  | { type: 'EVENT'; subscription: string; event: NostrEvent }
  | { type: 'OK'; id: string; accepted: boolean; reason: string }
  | { type: 'EOSE'; subscription: string }
  | { type: 'CLOSED'; subscription: string; reason: string }
  | { type: 'NOTICE'; text: string }
  | { type: 'AUTH'; challenge: string };

/** Undefined for what is not understood: a relay may speak NIPs that we do not. Never throws. */
export function parseRelayMessage(text: string): RelayMessage | undefined {
  if (text.length > limits.maxRelayMessageBytes) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value)) return undefined;
  const [type, first, second, third]: unknown[] = value;
  if (typeof first !== 'string') return undefined;
  switch (type) {
    case 'EVENT':
      return isRecord(second) ? eventMessage(first, second) : undefined;
    case 'OK':
      return typeof second === 'boolean'
        ? { type, id: first, accepted: second, reason: typeof third === 'string' ? third : '' }
        : undefined;
    case 'EOSE':
      return { type, subscription: first };
    case 'CLOSED':
      return { type, subscription: first, reason: typeof second === 'string' ? second : '' };
    case 'NOTICE':
      return { type, text: first };
    case 'AUTH':
      return { type, challenge: first };
    default:
      return undefined;
  }
}

function eventMessage(subscription: string, value: Record<string, unknown>): RelayMessage | undefined {
  try {
    return { type: 'EVENT', subscription, event: parseEvent(value) };
  } catch {
    return undefined;
  }
}
