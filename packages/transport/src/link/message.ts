import {
  isDeeperThan,
  type JsonRpcMessage,
  limits as wire,
  type MessageSort,
  utf8Bytes,
} from '@mcp-nostr/core';

import { TransportError } from '../errors.ts';
import { linkLimits } from './limits.ts';

/** A message as the link sees it: a text, and what decides its way. */
export interface OutgoingMessage {
  /** One line of JSON. */
  readonly text: string;
  readonly sort: MessageSort;
  /** The JSON of a request's or response's own id. */
  readonly id?: string | undefined;
  /** The JSON of the id of the request that it belongs to. */
  readonly relation?: string | undefined;
  /** The event that carried that request. */
  readonly requestEvent?: string | undefined;
  /** Its repetition does no harm: it may ride on an opening, and be sent again on another connection. */
  readonly isHarmless?: boolean | undefined;
  /** Of ours, or an answer: sent when the signer can, and not given up before the connection is. */
  readonly mustArrive?: boolean | undefined;
  /** Once: a relay or the peer has the whole of it, or it was given up. */
  readonly onsettled?: ((error?: TransportError) => void) | undefined;
}

/** What takes messages for a peer: a link, or what stands in its place for a peer that knows none. */
export interface Channel {
  /** Characters that wait to be sent. */
  readonly queuedBytes: number;
  send(message: OutgoingMessage): void;
  /** Takes back what has not left whole, and returns it. */
  withdraw(matches: (message: OutgoingMessage) => boolean): OutgoingMessage[];
}

/** Messages of one lane keep their order, even a small one behind a large one: nothing after an answer. */
export function laneOf(message: OutgoingMessage): string | undefined {
  return message.relation ?? (message.sort === 'response' ? message.id : undefined);
}

/** The line that a message travels as. @throws {TransportError} `message_too_large` where its peer could not read it */
export function messageText(message: JsonRpcMessage): string {
  const text = jsonOf(message);
  if (text !== undefined && !isDeeperThan(text, wire.maxJsonDepth)) return text;
  const maxDepth = wire.maxJsonDepth;
  const reason = `the message is deeper than ${maxDepth} levels of arrays and objects`;
  throw new TransportError('message_too_large', reason, { data: { maxDepth } });
}

/** Undefined where it is so deep that it cannot be written. */
function jsonOf(message: JsonRpcMessage): string | undefined {
  try {
    return JSON.stringify(message);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** @throws {TransportError} `message_too_large` */
export function checkMessageSize(text: string): void {
  const maxBytes = linkLimits.maxMessageBytes;
  // Three bytes are the most that a UTF-16 unit takes.
  if (text.length * 3 <= maxBytes) return;
  const bytes = utf8Bytes(text);
  if (bytes <= maxBytes) return;
  const reason = `the message has ${bytes} bytes; at most ${maxBytes} can be sent`;
  throw new TransportError('message_too_large', reason, { data: { bytes, maxBytes } });
}
