import type { JsonRpcMessage } from '@mcp-nostr/core';
import {
  type IncomingBare,
  type TransferredMessage,
  Transfers,
  type UnfinishedCount,
} from '@mcp-nostr/transport';
import type { TransferFrame } from '@mcp-nostr/core/contextvm';

import type { McpServerLike } from '../mcp-server.ts';
import { BarePeer, type BarePeerOptions } from './bare-peer.ts';
import { BareRoutes, cancellation } from './bare-routes.ts';
import type { BareSession } from './bare-session.ts';
import { isStreamControl, readStreamControl } from './stream-control.ts';

export interface BareClientOptions extends BarePeerOptions {
  /** Where its unfinished transfers count. */
  unfinished: UnfinishedCount;
}

/** One key without a link, as long as it has a session: the last one that it has begun, and those that have work left. */
export class BareClient<Mcp extends McpServerLike = McpServerLike> {
  readonly peer: BarePeer;
  readonly routes: BareRoutes = new BareRoutes();
  readonly #transfers: Transfers;
  readonly #sessions: Set<BareSession<Mcp>> = new Set();
  #current: BareSession<Mcp> | undefined;

  constructor(options: BareClientOptions) {
    const { onerror, unfinished } = options;
    this.peer = new BarePeer(options);
    this.#transfers = new Transfers({
      sender: this.peer.sender,
      unfinished,
      isKnownToTake: () => this.peer.isIntroduced,
      reply: (text, { form, relay, event }) => {
        const route = { form, relay, createdAt: event.created_at };
        this.peer.tell({ text, route, isAnswer: false });
      },
      onfailed: onerror,
    });
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

  /** A part of a large message; that message, with the part that makes it whole. */
  take(frame: TransferFrame, incoming: IncomingBare): TransferredMessage | undefined {
    return this.#transfers.take(frame, incoming);
  }

  /** Anything that is no request, and no answer. */
  notify(message: JsonRpcMessage, event: string, bytes: number): void {
    if (isStreamControl(message)) return this.#onstream(message);
    if (!('method' in message) || message.method !== 'notifications/cancelled')
      return this.#current?.notify(message, event, bytes);
    const found = this.routes.cancelled(message);
    if (found === undefined) return;
    for (const session of this.#sessions)
      if (session === found.session) session.notify(cancellation(message, found.event), event, bytes);
    this.routes.remove(found.event);
  }

  #onstream(message: JsonRpcMessage): void {
    const frame = readStreamControl(message);
    const found = frame && this.routes.ofToken(frame.token);
    if (found === undefined || frame === undefined) return;
    for (const session of this.#sessions) if (session === found.session) session.onstream(frame, found.event);
  }

  /** Nothing more comes from it; what is being said to it still leaves. Never rejects. */
  async close(): Promise<void> {
    this.#transfers.close();
    await this.peer.release();
  }
}
