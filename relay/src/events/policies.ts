import {
  AUTH_KIND,
  EPHEMERAL_GIFT_WRAP_KIND,
  GIFT_WRAP_KIND,
  isEphemeral,
  isHex32,
  isRecord,
  MESSAGE_KIND,
  type NostrEvent,
} from '@mcp-nostr/core';

import type { RelayLimits } from '../limits.ts';
import type { Reason } from '../messages/relay-messages.ts';
import { expiresAt } from '../store/event-store.ts';

const REPOST_KINDS = new Set([6, 16]);

/** Why this relay does not take the event, judged by what it says of itself. Cheap: nothing is verified yet. */
export function refusal(event: NostrEvent, limits: RelayLimits, nowSeconds: number): Reason | undefined {
  return sizeRefusal(event, limits) ?? timeRefusal(event, limits, nowSeconds) ?? kindRefusal(event);
}

function sizeRefusal(event: NostrEvent, limits: RelayLimits): Reason | undefined {
  if (event.tags.length > limits.maxEventTags) {
    return `invalid: an event has at most ${limits.maxEventTags} tags, this one ${event.tags.length}`;
  }
  const long = event.tags.find(
    ([name, value]) =>
      name?.length === 1 && value !== undefined && Buffer.byteLength(value) > limits.maxTagValueBytes,
  );
  return long && `invalid: the value of a single-letter tag has at most ${limits.maxTagValueBytes} bytes`;
}

function timeRefusal(event: NostrEvent, limits: RelayLimits, nowSeconds: number): Reason | undefined {
  if (event.created_at > nowSeconds + limits.maxFutureSeconds) {
    return `invalid: created_at is more than ${limits.maxFutureSeconds} s in the future, check the clock`;
  }
  if (isEphemeral(event.kind)) {
    const maxPastSeconds =
      event.kind === MESSAGE_KIND ? limits.maxMessagePastSeconds : limits.maxEphemeralPastSeconds;
    if (event.created_at < nowSeconds - maxPastSeconds) {
      return `invalid: created_at is more than ${maxPastSeconds} s in the past`;
    }
  }
  const expiration = expiresAt(event);
  return expiration !== undefined && expiration <= nowSeconds ? 'invalid: the event has expired' : undefined;
}

function kindRefusal(event: NostrEvent): Reason | undefined {
  if (event.kind === AUTH_KIND) {
    // NIP-42: it answers one relay's challenge and is never to be seen by anybody else.
    return `invalid: kind ${AUTH_KIND} is for AUTH and is not published`;
  }
  if (event.kind === GIFT_WRAP_KIND || event.kind === EPHEMERAL_GIFT_WRAP_KIND) {
    // Only one key can open a wrap: a second `p` serves to pass it on to somebody who did not ask for it.
    const recipients = new Set(event.tags.filter(([name]) => name === 'p').map(([, value]) => value));
    const [recipient] = recipients;
    if (recipients.size !== 1 || recipient === undefined || !isHex32(recipient)) {
      return 'invalid: a gift wrap names its one recipient in a p tag';
    }
  }
  if (isProtected(event.tags)) {
    // NIP-70: from their authenticated author alone, and there is no AUTH here.
    return 'restricted: protected events are not taken here';
  }
  if (REPOST_KINDS.has(event.kind) && repostsProtected(event.content)) {
    return 'restricted: a protected event is not to be reposted';
  }
  return undefined;
}

function isProtected(tags: unknown): boolean {
  return Array.isArray(tags) && tags.some((tag) => Array.isArray(tag) && tag[0] === '-');
}

function repostsProtected(content: string): boolean {
  try {
    const reposted: unknown = JSON.parse(content);
    return isRecord(reposted) && isProtected(reposted.tags);
  } catch {
    return false;
  }
}
