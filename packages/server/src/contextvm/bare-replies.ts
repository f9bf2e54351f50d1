import type { JsonRpcErrorResponse, JsonRpcResultResponse } from '@mcp-nostr/core';
import { type BareMessage, formatTransferFrame, readSupport } from '@mcp-nostr/core/contextvm';
import { type Endpoint, type IncomingBare, TransportError } from '@mcp-nostr/transport';

import { formFor } from './bare-peer.ts';

/** Answers what reaches no session, each offered once. */
export class BareReplies {
  readonly #endpoint: Endpoint;
  readonly #onerror: (error: unknown) => void;

  constructor(endpoint: Endpoint, onerror: (error: unknown) => void) {
    this.#endpoint = endpoint;
    this.#onerror = onerror;
  }

  /** In the form in which it was asked. `tags`: what we say of ourselves with it. */
  reply(
    to: IncomingBare,
    response: JsonRpcResultResponse | JsonRpcErrorResponse,
    tags: string[][] = [],
  ): void {
    const content = JSON.stringify(response);
    void this.#publish(to, { requestEvent: to.event.id, tags, content }); // it never rejects
  }

  /** A message in frames will not be taken. */
  abort(to: IncomingBare, token: string, reason: string): void {
    const content = JSON.stringify(formatTransferFrame({ token, progress: 2, frameType: 'abort', reason }));
    void this.#publish(to, { tags: [], content }); // it never rejects
  }

  async #publish({ event, message, form, relay }: IncomingBare, reply: BareMessage): Promise<void> {
    const { pubkey, created_at } = event;
    try {
      const createdAt = Math.max(this.#endpoint.nowSeconds(), created_at);
      const signed = await this.#endpoint.signBare(reply, pubkey, createdAt);
      const way = formFor(form, readSupport(message.tags));
      await this.#endpoint.publish(signed, pubkey, way, { isLast: true, relay });
    } catch (error) {
      if (!(error instanceof TransportError) || error.code !== 'closed') this.#onerror(error);
    }
  }
}
