import {
  cancelledId,
  failureResponse,
  isRequest,
  isResponse,
  type JsonRpcMessage,
  type RequestId,
} from '@mcp-nostr/core';

import type { Log, OpenTransport } from '../client-transport.ts';
import { HostBridge } from '../connect/host-bridge.ts';
import type { Limits } from './limits.ts';

export interface DuplexClientOptions {
  open: OpenTransport;
  limits: Limits;
  onlog: Log;
  /** A message for the client. Does not throw. */
  send: (message: JsonRpcMessage) => void;
}

/**
 * A program whose way to us carries messages in both directions, SSE or WebSocket, with a connection to the server of
 * its own for as long as it stays: messages pass as they are, and every request is answered.
 */
export class DuplexClient {
  readonly #options: DuplexClientOptions;
  readonly #bridge: HostBridge;
  /** Requests of the client that are not answered. */
  readonly #pending: Set<RequestId> = new Set();

  constructor(options: DuplexClientOptions) {
    this.#options = options;
    const { open, onlog } = options;
    this.#bridge = new HostBridge({ open, onlog, onmessage: (message) => this.#deliver(message) });
  }

  /** A message of the client. */
  receive(message: JsonRpcMessage): void {
    if (isRequest(message)) {
      if (this.#pending.size >= this.#options.limits.maxOpenRequests) {
        const text = `${this.#pending.size} requests are not answered yet; try again later`;
        return this.#options.send(failureResponse(message.id, 'busy', text));
      }
      this.#pending.add(message.id);
    }
    const cancelled = cancelledId(message);
    if (cancelled !== undefined) this.#pending.delete(cancelled);
    this.#bridge.receive(message);
  }

  /** Ends the connection to the server; with a reason for a client that is still there. Never rejects. */
  async close(reason?: string): Promise<void> {
    const unanswered = reason === undefined ? [] : [...this.#pending];
    this.#pending.clear();
    for (const id of unanswered) this.#options.send(failureResponse(id, 'outcome_unknown', reason ?? ''));
    await this.#bridge.close().catch((error: unknown) => this.#options.onlog(String(error)));
  }

  #deliver(message: JsonRpcMessage): void {
    if (isResponse(message) && message.id !== undefined) this.#pending.delete(message.id);
    this.#options.send(message);
  }
}
