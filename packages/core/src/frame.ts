import { DecodeError } from './errors.ts';
import type { EventTemplate, NostrEvent } from './event.ts';
import { type JsonRpcMessage, parseJsonRpc } from './json-rpc.ts';
import { MESSAGE_KIND } from './kinds.ts';
import { formatLinkTag, type LinkTag } from './link-tag.ts';

/** What one inner event says: the link's header, and JSON-RPC messages or none. */
export interface Frame {
  link: LinkTag;
  /** The event of the request that a server's frame belongs to: its `e` tag. */
  requestEvent?: string;
  messages: JsonRpcMessage[];
}

/** The event to sign for a frame; `createdAt` in seconds. */
export function encodeFrame(frame: Frame, recipient: string, createdAt: number): EventTemplate {
  const tags = [['p', recipient]];
  if (frame.requestEvent !== undefined) tags.push(['e', frame.requestEvent]);
  tags.push(formatLinkTag(frame.link));
  return {
    kind: MESSAGE_KIND,
    created_at: createdAt,
    tags,
    // One message per line, as in MCP's stdio binding; JSON.stringify writes no raw line break.
    content: frame.messages.map((message) => JSON.stringify(message)).join('\n'),
  };
}

/** The messages of an event whose signature was verified. @throws {DecodeError} `bad_json`, `bad_json_rpc` */
export function decodeMessages(event: NostrEvent): JsonRpcMessage[] {
  if (event.content === '') return [];
  return event.content.split('\n').map((line) => {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      throw new DecodeError('bad_json', 'not a JSON-RPC message: it is not JSON', { cause });
    }
    return parseJsonRpc(value);
  });
}
