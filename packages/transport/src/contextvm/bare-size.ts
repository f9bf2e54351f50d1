import { escapedBytes, utf8Bytes } from '@mcp-nostr/core';

import type { BareOutgoing } from './bare-outgoing.ts';
import { bareLimits } from './limits.ts';

/** Bytes of the event that a message makes, as JSON, or a few more. */
export function eventBytes(message: BareOutgoing): number {
  return baseBytes(message) + escapedBytes(message.text);
}

/** Bytes of text, escaped twice, that one frame of a transfer has room for. */
export function chunkBytes(message: BareOutgoing, token: string, maxEventBytes: number): number {
  const frameBytes = bareLimits.frameOverheadBytes + 4 * utf8Bytes(token);
  return Math.max(bareLimits.minChunkBytes, maxEventBytes - baseBytes(message) - frameBytes);
}

function baseBytes({ requestEvent = '', tags = [] }: BareOutgoing): number {
  return bareLimits.eventOverheadBytes + utf8Bytes(JSON.stringify(tags)) + requestEvent.length;
}
