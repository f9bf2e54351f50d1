import type { EventTemplate, NostrEvent } from '../event.ts';
import { MESSAGE_KIND } from '../kinds.ts';
import { LINK_TAG } from '../link-tag.ts';

/** One JSON-RPC message that travels without a link, as all of ContextVM's do (WIRE.md, section 13). */
export interface BareMessage {
  /** The event of the request that it belongs to: its `e` tag. */
  requestEvent?: string | undefined;
  /** All its tags but `p` and `e`: what its author says of itself. */
  tags: string[][];
  /** JSON-RPC text. */
  content: string;
}

/** The event to sign for a message; `createdAt` in seconds. */
export function encodeBare(message: BareMessage, recipient: string, createdAt: number): EventTemplate {
  const { requestEvent, tags, content } = message;
  const routing = [['p', recipient]];
  if (requestEvent !== undefined) routing.push(['e', requestEvent]);
  return { kind: MESSAGE_KIND, created_at: createdAt, tags: [...routing, ...tags], content };
}

/** What an event says as a bare message; its JSON is not read. */
export function decodeBare({ tags, content }: Pick<NostrEvent, 'tags' | 'content'>): BareMessage {
  return {
    requestEvent: tags.find(([name]) => name === 'e')?.[1],
    tags: tags.filter(([name]) => name !== 'p' && name !== 'e'),
    content,
  };
}

/** Whether it belongs to no link. */
export function isBare({ tags }: Pick<NostrEvent, 'tags'>): boolean {
  return !tags.some(([name]) => name === LINK_TAG);
}
