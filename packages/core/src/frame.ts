import { DecodeError } from './errors.ts';
import { type EventTemplate, type NostrEvent, tagValue } from './event.ts';
import { isDeeperThan } from './json-depth.ts';
import { type JsonRpcMessage, parseJsonRpc } from './json-rpc.ts';
import { MESSAGE_KIND } from './kinds.ts';
import { limits } from './limits.ts';
import { badLink, formatLinkTag, type LinkTag, parseLinkTag, parseNumber } from './link-tag.ts';

/** What one inner event says: the link's header, and JSON-RPC messages, a part of one, or nothing. */
export interface Frame {
  link: LinkTag;
  /** The event of the request that everything in a server's frame belongs to: its `e` tag. */
  requestEvent?: string;
  /** For each message the request that it belongs to, as the JSON of its id, '' for none: its `for` tag. */
  relations?: string[];
  part?: MessagePart;
  /** The JSON of the event by which an identity lets this frame's author speak for it (WIRE.md, section 9). */
  grant?: string;
  /** What its owner was given to be let in with. Travels encrypted only. */
  invite?: string;
  /** The JSON of the event by which a server's former key names the one that follows it. */
  successor?: string;
  /** Tags by which an opening tells a peer without link what its author can do (WIRE.md, section 13). Never read. */
  support?: string[][];
  /** Messages, one per line; of a part a slice of its message. */
  content: string;
}

/** What a client shows of its rights, and to a server that it does not know of what it can do. */
export type Credentials = Pick<Frame, 'grant' | 'invite' | 'support'>;

/** Which message a part belongs to (WIRE.md, section 6): its `part` tag. */
export interface MessagePart {
  /** Of the large messages of this direction, from 0. */
  message: number;
  /** Bytes of the whole message in UTF-8. */
  totalBytes: number;
  /** `abort`: what has not been sent of it will not come. */
  sort: MessageSort | 'abort';
  /** The JSON of a request's or response's own id. */
  id?: string;
}

export type MessageSort = 'request' | 'response' | 'notification';

const SORTS: ReadonlySet<string> = new Set<MessagePart['sort']>([
  'request',
  'response',
  'notification',
  'abort',
]);

/** What a frame shows of its author's rights, each a tag of one element. */
const PAPERS = ['grant', 'invite', 'successor'] as const;
/** Characters. A grant with a few patterns has 1,000. */
const MAX_PAPER_LENGTH = 8_192;

/** The event to sign for a frame; `createdAt` in seconds. */
export function encodeFrame(frame: Frame, recipient: string, createdAt: number): EventTemplate {
  const { link, requestEvent, relations, part, content } = frame;
  const tags = [['p', recipient]];
  if (requestEvent !== undefined) tags.push(['e', requestEvent]);
  tags.push(formatLinkTag(link));
  if (relations !== undefined) tags.push(['for', ...relations]);
  if (part !== undefined) {
    const id = part.id === undefined ? [] : [part.id];
    tags.push(['part', String(part.message), String(part.totalBytes), part.sort, ...id]);
  }
  for (const name of PAPERS) {
    const paper = frame[name];
    if (paper !== undefined) tags.push([name, paper]);
  }
  if (frame.support !== undefined) tags.push(...frame.support);
  return { kind: MESSAGE_KIND, created_at: createdAt, tags, content };
}

/** What an event says as a frame; its messages are not read. @throws {DecodeError} `bad_link` */
export function decodeFrame(event: Pick<NostrEvent, 'tags' | 'content'>): Frame {
  const frame: Frame = { link: parseLinkTag(event.tags), content: event.content };
  const requestEvent = tagValue(event, 'e');
  if (requestEvent !== undefined) frame.requestEvent = requestEvent;
  for (const tag of event.tags) {
    if (tag[0] === 'for') frame.relations ??= tag.slice(1);
    else if (tag[0] === 'part') frame.part ??= parsePart(tag);
  }
  for (const name of PAPERS) {
    const paper = tagValue(event, name);
    if (paper === undefined) continue;
    if (paper.length > MAX_PAPER_LENGTH) throw badLink(`its ${name} has ${paper.length} characters`);
    frame[name] = paper;
  }
  return frame;
}

/** One message per line, as in MCP's stdio binding: JSON.stringify writes no raw line break. */
export function formatMessages(messages: JsonRpcMessage[]): string {
  return messages.map((message) => JSON.stringify(message)).join('\n');
}

/**
 * Content that begins with it is no JSON as a whole, and nothing to a peer without link, which reads the same events
 * (WIRE.md, section 5).
 */
export const LINK_ONLY = '\u001e';

/** The lines of a frame's content. */
export function splitMessages(content: string): string[] {
  const text = content.startsWith(LINK_ONLY) ? content.slice(LINK_ONLY.length) : content;
  return text === '' ? [] : text.split('\n');
}

/** @throws {DecodeError} `bad_json`, `bad_json_rpc` */
export function parseMessage(text: string): JsonRpcMessage {
  // Before it is read: of what is too deep not even the reason for the refusal could be written.
  if (isDeeperThan(text, limits.maxJsonDepth)) {
    throw new DecodeError(
      'bad_json',
      `not a JSON-RPC message: it is deeper than ${limits.maxJsonDepth} levels`,
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DecodeError('bad_json', 'not a JSON-RPC message: it is not JSON', { cause });
  }
  return parseJsonRpc(value);
}

function parsePart([, message = '', totalBytes = '', sort = '', id]: string[]): MessagePart {
  if (!isSort(sort)) throw badLink(`its part is of a ${JSON.stringify(sort.slice(0, 64))}`);
  return {
    message: parseNumber(message, 'message number'),
    totalBytes: parseNumber(totalBytes, 'total'),
    sort,
    ...(id === undefined ? {} : { id }),
  };
}

function isSort(text: string): text is MessagePart['sort'] {
  return SORTS.has(text);
}
