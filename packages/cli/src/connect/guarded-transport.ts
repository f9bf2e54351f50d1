import { isRequest, type JsonRpcMessage } from '@mcp-nostr/core';

import type { ClientTransport, OpenTransport } from '../client-transport.ts';
import { failureFor } from './catalogue/tool-failure.ts';

/** What only asks what there is: a host that is not answered these never tells its person why. */
const harmlessMethod = /^(ping|initialize|server\/discover|\w+(\/templates)?\/list)$/;

/** A transport that answers requests itself as soon as there is something against the server. */
export class GuardedTransport implements ClientTransport {
  onmessage: ClientTransport['onmessage'];
  onclose: ClientTransport['onclose'];
  onerror: ClientTransport['onerror'];
  readonly #inner: ClientTransport;
  readonly #objection: () => string | undefined;

  constructor(open: OpenTransport, objection: () => string | undefined) {
    this.#objection = objection;
    this.#inner = open();
    this.#inner.onmessage = (message, extra) => this.onmessage?.(message, extra);
    this.#inner.onclose = () => this.onclose?.();
    this.#inner.onerror = (error) => this.onerror?.(error);
  }

  start(): Promise<void> {
    return this.#inner.start();
  }

  async send(message: JsonRpcMessage): Promise<void> {
    const isHarmless = !isRequest(message) || harmlessMethod.test(message.method);
    const reason = isHarmless ? undefined : this.#objection();
    if (isHarmless || reason === undefined) return this.#inner.send(message);
    const text = `Nothing was executed, because --pins is block: ${reason}`;
    const answer = failureFor(message, { code: 'pin_mismatch', message: reason }, text);
    queueMicrotask(() => this.onmessage?.(answer));
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
