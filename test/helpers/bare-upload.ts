import { createHash } from 'node:crypto';

import type { JsonRpcMessage, NostrEvent } from '@mcp-nostr/core';

import type { BareClient } from './bare-client.ts';

/** What an upload says other than an honest one. */
export interface UploadCraft {
  /** Characters of a chunk. */
  chunkLength?: number;
  /** @default the bytes of the message */
  totalBytes?: number;
  totalChunks?: number;
  digest?: string;
}

/** One frame of CEP-22, as ContextVM's clients write it: the token as a string whatever it was. */
export function uploadFrame(
  token: string,
  progress: number,
  frameType: string,
  fields: Record<string, unknown> = {},
): JsonRpcMessage {
  const cvm = { type: 'oversized-transfer', frameType, ...fields };
  return {
    jsonrpc: '2.0',
    method: 'notifications/progress',
    params: { progressToken: token, progress, cvm },
  };
}

/** A tool call whose arguments make it large, to be sent in chunks. */
export function largeCall(name: string, text: string, token: string): JsonRpcMessage {
  return {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'measure', arguments: { name, text }, _meta: { progressToken: token } },
  };
}

/** The frames of an upload, in order; they wait for no `accept`, as ContextVM's clients do not. */
export function uploadFrames(
  message: JsonRpcMessage,
  token: string,
  craft: UploadCraft = {},
): JsonRpcMessage[] {
  const { chunkLength = 8_000 } = craft;
  const content = JSON.stringify(message);
  const chunks: string[] = [];
  for (let at = 0; at < content.length; at += chunkLength) chunks.push(content.slice(at, at + chunkLength));
  const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  const start = {
    completionMode: 'render',
    digest: craft.digest ?? digest,
    totalBytes: craft.totalBytes ?? Buffer.byteLength(content),
    totalChunks: craft.totalChunks ?? chunks.length,
  };
  return [
    uploadFrame(token, 1, 'start', start),
    ...chunks.map((data, index) => uploadFrame(token, index + 3, 'chunk', { data })),
    uploadFrame(token, chunks.length + 3, 'end'),
  ];
}

/** Uploads a message; gives the event of its end, which is what an answer names. */
export function upload(
  client: BareClient,
  message: JsonRpcMessage,
  token: string,
  craft: UploadCraft = {},
): NostrEvent {
  const tags = [['support_oversized_transfer']];
  const events = uploadFrames(message, token, craft).map((frame, index) =>
    client.say(frame, index === 0 ? { tags } : {}),
  );
  const end = events.at(-1);
  if (end === undefined) throw new Error('an upload has frames');
  return end;
}
