import { type Address, isResponse, type JsonRpcMessage } from '@mcp-nostr/core';

import type { ClientTransport, Log } from '../client-transport.ts';
import { errorText } from '../failure-answer.ts';
import { successorIn } from './moved.ts';
import { followed, noteSuccessor } from './successor-file.ts';

export interface FollowingOptions {
  /** A connection that is not started. */
  open: (address: Address) => ClientTransport;
  address: Address;
  onlog: Log;
}

/** How often it is looked whether a person has agreed. */
const LOOK_MS = 1_000;

/**
 * A connection to a server that may have another key. It stays with the former key, where nothing is answered, until a
 * person has agreed to the new one; then it ends, and the next connection goes there.
 */
export class FollowingTransport implements ClientTransport {
  onmessage: ClientTransport['onmessage'];
  onclose: ClientTransport['onclose'];
  onerror: ClientTransport['onerror'];
  readonly #onlog: Log;
  readonly #address: Address;
  readonly #inner: ClientTransport;
  #timer: NodeJS.Timeout | undefined;

  constructor({ open, address, onlog }: FollowingOptions) {
    this.#onlog = onlog;
    this.#address = followed(address);
    this.#inner = open(this.#address);
    this.#inner.onmessage = (message, extra) => {
      this.#see(message);
      this.onmessage?.(message, extra);
    };
    this.#inner.onerror = (error) => this.onerror?.(error);
    this.#inner.onclose = () => {
      clearInterval(this.#timer);
      this.onclose?.();
    };
  }

  start(): Promise<void> {
    return this.#inner.start();
  }

  send(message: JsonRpcMessage): Promise<void> {
    return this.#inner.send(message);
  }

  close(): Promise<void> {
    clearInterval(this.#timer);
    return this.#inner.close();
  }

  #see(message: JsonRpcMessage): void {
    const isError = isResponse(message) && 'error' in message;
    const successor = isError ? successorIn(message.error.data) : undefined;
    if (successor === undefined || this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    noteSuccessor(this.#address.pubkey, successor).catch((error: unknown) =>
      this.#onlog(`what the former key has said is not kept: ${errorText(error)}`),
    );
  }

  /** Nothing is under way on a connection that was refused. */
  #look(): void {
    try {
      if (followed(this.#address).pubkey === this.#address.pubkey) return;
    } catch (error) {
      return this.#onlog(errorText(error));
    }
    clearInterval(this.#timer);
    this.#onlog('a person has agreed to the new key of the server');
    void this.#inner.close(); // it never rejects
  }
}
