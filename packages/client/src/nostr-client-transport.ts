import {
  type Address,
  cancelledId,
  failureResponse,
  formatNpub,
  generateSecretKey,
  isFailureCode,
  isRequest,
  isResponse,
  type JsonRpcMessage,
  parseAddress,
  type RequestId,
  secretKeySigner,
  type Signer,
} from '@mcp-nostr/core';
import { Endpoint, type RelayState, TaskQueue, TransportError } from '@mcp-nostr/transport';

import { ClientConnection } from './client-connection.ts';
import { limits } from './limits.ts';
import { PendingRequests } from './pending-requests.ts';
import { findRelays } from './relay-lookup.ts';

export interface NostrClientTransportOptions {
  /** The server: nprofile, npub or hex, with or without `nostr:`. */
  server: string;
  /** Who calls. @default a throw-away key */
  signer?: Signer | undefined;
  /** Used instead of the relays of the address. */
  relays?: readonly string[] | undefined;
  /** Where the relay list of a bare key is looked up. @default a few public relays */
  lookupRelays?: readonly string[] | undefined;
  /** `none` sends and takes plain text; there is no fall-back between the two. @default 'required' */
  encryption?: 'required' | 'none' | undefined;
  /** A relay's connection changed. */
  onrelay?: ((state: RelayState) => void) | undefined;
  /** Milliseconds since 1970. @default Date.now */
  now?: (() => number) | undefined;
}

/**
 * The client's end of MCP over Nostr: a `Transport` for the `Client` of `@modelcontextprotocol/sdk` 1.x and
 * `@modelcontextprotocol/client` 2.x. A request that cannot be delivered is answered with a JSON-RPC error whose
 * `data.code` names the reason (`failureCodes` of core), within 15 s while no server was ever heard.
 */
export class NostrClientTransport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: (<T extends JsonRpcMessage>(message: T, extra?: object) => void) | undefined;
  /** Undefined: with one the SDKs would skip their handshake. */
  sessionId?: string | undefined;
  readonly #options: NostrClientTransportOptions;
  readonly #address: Address;
  readonly #pending = new PendingRequests();
  readonly #tasks = new TaskQueue((error) => this.#report(error));
  #endpoint: Endpoint | undefined;
  #connection: ClientConnection | undefined;
  #isStarted = false;
  #isClosed = false;

  /** @throws {AddressError} when the address or a relay's URL cannot be used */
  constructor(options: NostrClientTransportOptions) {
    this.#options = options;
    this.#address = parseAddress(options.server);
  }

  /** The relays in use and how they are; empty before `start()`. */
  get relays(): RelayState[] {
    return this.#endpoint?.relays ?? [];
  }

  /**
   * Finds out the relays and begins to connect; does not wait for them.
   * @throws {TransportError} `no_relays` when a bare key has no relay list
   */
  async start(): Promise<void> {
    if (this.#isStarted) throw new Error('the transport was started already');
    this.#isStarted = true;
    const signer = this.#options.signer ?? secretKeySigner(generateSecretKey());
    const [pubkey, relays] = await Promise.all([signer.getPublicKey(), this.#findRelays()]);
    if (this.#isClosed) throw new TransportError('closed', 'the transport was closed');
    this.#endpoint = new Endpoint({
      pubkey,
      signer,
      relays,
      encryption: this.#options.encryption ?? 'required',
      accepts: (author, link) => author === this.#address.pubkey && link.connection === this.#connection?.id,
      onframe: (frame) => this.#connection?.receive(frame),
      ondropped: (error) => this.#report(error),
      onstate: this.#options.onrelay,
      now: this.#options.now,
    });
  }

  async send(message: JsonRpcMessage): Promise<void> {
    if (this.#endpoint === undefined) throw new Error('the transport is not started');
    if (this.#isClosed) throw new TransportError('closed', 'the transport is closed');
    const cancelled = cancelledId(message);
    // Nothing for a cancelled request is delivered any more, its answer included.
    if (cancelled !== undefined) this.#pending.settle(cancelled);
    if (isRequest(message)) this.#pending.add(message);
    const connection = this.#connect(this.#endpoint);
    try {
      await connection.send(message);
    } catch (error) {
      if (connection.isOver && connection === this.#connection) this.#connection = undefined;
      if (isRequest(message)) return this.#failRequest(message.id, error);
      if (!isResponse(message) || message.id === undefined) throw error;
      if (!(error instanceof TransportError) || error.code !== 'message_too_large') throw error;
      // Without any answer the server would wait for its own time-out.
      await connection.send(
        failureResponse(message.id, error.code, `the answer is too large: ${error.message}`, error.data),
      );
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#connection?.close();
    this.#endpoint?.close();
    this.#tasks.close();
    this.#pending.takeAll();
    try {
      this.onclose?.();
    } catch (error) {
      this.#report(error);
    }
  }

  async #findRelays(): Promise<string[]> {
    const { relays, lookupRelays } = this.#options;
    if (relays !== undefined && relays.length > 0) return [...relays];
    if (this.#address.relays.length > 0) return this.#address.relays.slice(0, limits.maxRelays);
    return findRelays(this.#address, lookupRelays);
  }

  #connect(endpoint: Endpoint): ClientConnection {
    this.#connection ??= new ClientConnection({
      endpoint,
      server: this.#address.pubkey,
      encrypted: this.#options.encryption !== 'none',
      describe: () => ({ server: formatNpub(this.#address.pubkey), relays: describeRelays(endpoint.relays) }),
      onmessage: (message, requestEvent) => this.#deliver(message, requestEvent),
      oncarried: (id, event) => this.#pending.carriedBy(id, event),
      onerror: (error) => this.#report(error),
      onlost: (reason) => this.#lost(reason),
    });
    return this.#connection;
  }

  #deliver(message: JsonRpcMessage, requestEvent: string | undefined): void {
    if (isResponse(message)) {
      // Never a second answer, and none to what was cancelled or has failed.
      if (message.id !== undefined && !this.#pending.settle(message.id)) return;
    } else if (requestEvent !== undefined && !this.#pending.isWaiting(requestEvent)) {
      return; // some hosts tear everything down over progress of a request that was answered
    }
    this.#tasks.add(() => this.onmessage?.(message));
  }

  #failRequest(id: RequestId, error: unknown): void {
    if (!this.#pending.settle(id)) return;
    const code =
      error instanceof TransportError && isFailureCode(error.code) ? error.code : 'outcome_unknown';
    const message = error instanceof Error ? error.message : String(error);
    const data = error instanceof TransportError ? error.data : {};
    const response = failureResponse(id, code, message, data);
    this.#tasks.add(() => this.onmessage?.(response));
  }

  #lost(reason: string): void {
    this.#connection = undefined;
    for (const id of this.#pending.takeAll()) {
      const response = failureResponse(
        id,
        'outcome_unknown',
        `${reason}; the request may have been executed or not`,
      );
      this.#tasks.add(() => this.onmessage?.(response));
    }
    this.#tasks.add(() => {
      this.#report(new TransportError('outcome_unknown', reason));
      void this.close(); // it never rejects
    });
  }

  #report(error: unknown): void {
    try {
      this.onerror?.(error instanceof Error ? error : new Error(String(error)));
    } catch {
      // Whoever takes the errors must not be able to stop the transport.
    }
  }
}

function describeRelays(states: RelayState[]): string {
  return states
    .map(({ url, status, reason }) =>
      status === 'ready' ? `${url} (reached)` : `${url} (not reached: ${reason ?? status})`,
    )
    .join(', ');
}
