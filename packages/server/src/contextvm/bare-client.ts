import { type JsonRpcMessage, type JsonRpcRequest, utf8Bytes } from '@mcp-nostr/core';
import type { IncomingBare } from '@mcp-nostr/transport';

import type { McpServerLike } from '../mcp-server.ts';
import { BarePeer, type BarePeerOptions } from './bare-peer.ts';
import { BareRoutes, cancellation } from './bare-routes.ts';
import type { BareSession } from './bare-session.ts';

/** One key without a link, as long as it has a session: the last one that it has begun, and those that have work left. */
export class BareClient<Mcp extends McpServerLike = McpServerLike> {
  readonly peer: BarePeer;
  readonly routes: BareRoutes = new BareRoutes();
  readonly #sessions: Set<BareSession<Mcp>> = new Set();
  #current: BareSession<Mcp> | undefined;

  constructor(options: BarePeerOptions) {
    this.peer = new BarePeer(options);
  }

  /** Where its messages go. */
  get session(): BareSession<Mcp> | undefined {
    return this.#current;
  }

  get isEmpty(): boolean {
    return this.#sessions.size === 0;
  }

  /** The session before ends when its work is done. */
  begin(session: BareSession<Mcp>): void {
    const before = this.#current;
    this.#current = session;
    this.#sessions.add(session);
    before?.retire();
  }

  ended(session: BareSession<Mcp>): void {
    this.#sessions.delete(session);
    if (this.#current === session) this.#current = undefined;
  }

  request(request: JsonRpcRequest, incoming: IncomingBare): void {
    this.#current?.request(request, incoming, utf8Bytes(incoming.message.content));
  }

  /** Anything that is no request, and no answer. */
  notify(message: JsonRpcMessage, { event, message: { content } }: IncomingBare): void {
    const bytes = utf8Bytes(content);
    if (!('method' in message) || message.method !== 'notifications/cancelled')
      return this.#current?.notify(message, event.id, bytes);
    const found = this.routes.cancelled(message);
    if (found === undefined) return;
    for (const session of this.#sessions)
      if (session === found.session) session.notify(cancellation(message, found.event), event.id, bytes);
    this.routes.remove(found.event);
  }
}
