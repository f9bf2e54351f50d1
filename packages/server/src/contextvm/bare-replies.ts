import type { JsonRpcErrorResponse, JsonRpcResultResponse } from '@mcp-nostr/core';
import { readSupport } from '@mcp-nostr/core/contextvm';
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
    void this.#publish(to, JSON.stringify(response), tags); // it never rejects
  }

  async #publish(
    { event, message, form, relay }: IncomingBare,
    content: string,
    tags: string[][],
  ): Promise<void> {
    const { id, pubkey, created_at } = event;
    try {
      const createdAt = Math.max(this.#endpoint.nowSeconds(), created_at);
      const signed = await this.#endpoint.signBare({ requestEvent: id, tags, content }, pubkey, createdAt);
      const way = formFor(form, readSupport(message.tags));
      await this.#endpoint.publish(signed, pubkey, way, { isLast: true, relay });
    } catch (error) {
      if (!(error instanceof TransportError) || error.code !== 'closed') this.#onerror(error);
    }
  }
}
