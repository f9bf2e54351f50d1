import { type NostrEvent, randomHex } from '@mcp-nostr/core';

import type { Endpoint } from '../endpoint.ts';
import { asSignerError } from '../errors.ts';
import type { BareOutgoing } from './bare-outgoing.ts';
import { offer } from './offer.ts';
import { withdrawn } from './pause.ts';

/** Signs events for one peer, one after the other, and brings each on its way before the next is signed. */
export class BareLine {
  readonly #endpoint: Endpoint;
  readonly #peer: string;
  #last: Promise<unknown> = Promise.resolve();

  constructor(endpoint: Endpoint, peer: string) {
    this.#endpoint = endpoint;
    this.#peer = peer;
  }

  /**
   * Resolves when a relay has it.
   * @throws {TransportError} `relays_unreachable`, `signer_failed`, `closed` when the signal is aborted
   */
  async send(message: BareOutgoing & { isPart?: boolean }, signal: AbortSignal): Promise<void> {
    const { offered } = await this.#inTurn(async () => {
      if (signal.aborted) throw withdrawn();
      const event = await this.#sign(message);
      if (signal.aborted) throw withdrawn();
      message.onsigned?.(event);
      const [endpoint, peer] = [this.#endpoint, this.#peer];
      return { offered: offer(event, { ...message, endpoint, peer, signal }) };
    });
    await offered;
  }

  /** What fails, or is withdrawn, holds up nothing behind it. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work);
    this.#last = turn;
    return turn;
  }

  async #sign({ text, requestEvent, tags = [], notBefore = 0 }: BareOutgoing): Promise<NostrEvent> {
    const createdAt = Math.max(this.#endpoint.nowSeconds(), notBefore);
    // Two equal messages of one second would be one event, and the second of them be dropped, or answered once.
    const salted = [...tags, ['salt', randomHex(8)]];
    try {
      const message = { requestEvent, tags: salted, content: text };
      return await this.#endpoint.signBare(message, this.#peer, createdAt);
    } catch (error) {
      throw asSignerError(error);
    }
  }
}
