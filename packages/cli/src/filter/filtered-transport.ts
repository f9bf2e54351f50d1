import type { JsonRpcMessage, RequestId } from '@mcp-nostr/core';

import type { ClientTransport, OpenTransport } from '../client-transport.ts';
import type { Filter } from '@mcp-nostr/core/filter';

/** A transport to a server of which a part is hidden. */
export class FilteredTransport implements ClientTransport {
  onmessage: ClientTransport['onmessage'];
  onclose: (() => void) | undefined;
  onerror: ((error: Error) => void) | undefined;
  readonly #inner: ClientTransport;
  readonly #filter: Filter;

  constructor(open: OpenTransport, filter: Filter) {
    this.#filter = filter;
    this.#inner = open();
    this.#inner.onmessage = (message, extra) => this.#fromServer(message, extra);
    this.#inner.onclose = () => this.onclose?.();
    this.#inner.onerror = (error) => this.onerror?.(error);
  }

  start(): Promise<void> {
    return this.#inner.start();
  }

  async send(message: JsonRpcMessage): Promise<void> {
    const { message: sent, answer } = this.#filter.toServer(message);
    if (sent !== undefined) return this.#inner.send(sent);
    if (answer !== undefined) queueMicrotask(() => this.onmessage?.(answer));
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #fromServer(
    message: JsonRpcMessage,
    extra: { relatedRequestId?: RequestId | undefined } | undefined,
  ): void {
    const shown = this.#filter.toClient(message);
    if (shown !== undefined) this.onmessage?.(shown, extra);
  }
}

/** The same transports, through a filter if there is one. */
export function filtered(open: OpenTransport, filter: Filter | undefined): OpenTransport {
  return filter === undefined ? open : () => new FilteredTransport(open, filter);
}
