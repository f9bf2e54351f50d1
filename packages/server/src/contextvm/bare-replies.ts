import { type JsonRpcErrorResponse, type JsonRpcResultResponse, randomHex } from '@mcp-nostr/core';
import { type BareMessage, formatTransferFrame, readSupport } from '@mcp-nostr/core/contextvm';
import { type Endpoint, type IncomingBare, TransportError } from '@mcp-nostr/transport';

import { formFor } from './bare-peer.ts';

export interface BareRepliesOptions {
  endpoint: Endpoint;
  /**
   * What we say of ourselves with each answer: a client of ours, which asks without a link whether anybody is here, must
   * not take us for a server that has none.
   */
  introduction: string[][];
  onerror: (error: unknown) => void;
}

/** Answers what reaches no session, each offered once. */
export class BareReplies {
  readonly #options: BareRepliesOptions;

  constructor(options: BareRepliesOptions) {
    this.#options = options;
  }

  /** In the form in which it was asked. */
  reply(to: IncomingBare, response: JsonRpcResultResponse | JsonRpcErrorResponse): void {
    const { introduction: tags } = this.#options;
    void this.#publish(to, { requestEvent: to.event.id, tags, content: JSON.stringify(response) }); // it never rejects
  }

  /** A message in frames will not be taken. */
  abort(to: IncomingBare, token: string, reason: string): void {
    const content = JSON.stringify(formatTransferFrame({ token, progress: 2, frameType: 'abort', reason }));
    void this.#publish(to, { tags: [], content }); // it never rejects
  }

  async #publish({ event, message, form, relay }: IncomingBare, reply: BareMessage): Promise<void> {
    const { endpoint, onerror } = this.#options;
    const { pubkey, created_at } = event;
    try {
      const createdAt = Math.max(endpoint.nowSeconds(), created_at);
      // Two equal ones of one second would be one event, and the second be lost.
      const salted = { ...reply, tags: [...reply.tags, ['salt', randomHex(8)]] };
      const signed = await endpoint.signBare(salted, pubkey, createdAt);
      const way = formFor(form, readSupport(message.tags));
      await endpoint.publish(signed, pubkey, way, { isLast: true, relay });
    } catch (error) {
      if (!(error instanceof TransportError) || error.code !== 'closed') onerror(error);
    }
  }
}
