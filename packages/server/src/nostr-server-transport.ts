import {
  cancelledId,
  DecodeError,
  decodeMessages,
  failureResponse,
  isRequest,
  isResponse,
  type JsonRpcMessage,
  type RequestId,
} from '@mcp-nostr/core';
import { type IncomingFrame, type Link, TaskQueue, TransportError } from '@mcp-nostr/transport';

import type { Caller } from './caller.ts';
import { limits } from './limits.ts';
import { Requests, type RequestSummary } from './requests.ts';

/**
 * What reaches a tool's handler as `extra.authInfo`: the caller's verified key, never what it says of itself.
 * `clientId` is the public key in hex; `extra` has `npub` and `connectionId`.
 */
export interface CallerAuthInfo {
  token: string;
  clientId: string;
  scopes: string[];
  extra?: Record<string, unknown> | undefined;
}

export interface NostrServerTransportOptions {
  caller: Caller;
  link: Link;
  onrequest: (summary: RequestSummary) => void;
  onerror: (error: Error) => void;
  /** `close()` was called, by the MCP server or by us. */
  onclosed: () => void;
}

/**
 * The server's end of one connection: a `Transport` for the `McpServer` of `@modelcontextprotocol/sdk` 1.x and
 * `@modelcontextprotocol/server` 2.x. Made by `serve()`.
 */
export class NostrServerTransport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?:
    | (<T extends JsonRpcMessage>(message: T, extra?: { authInfo?: CallerAuthInfo | undefined }) => void)
    | undefined;
  /** The connection's id; scopes log levels and tasks in the SDK. */
  sessionId?: string | undefined;
  readonly caller: Caller;
  readonly #options: NostrServerTransportOptions;
  readonly #authInfo: CallerAuthInfo;
  readonly #requests: Requests;
  readonly #tasks = new TaskQueue((error) => this.#report(error));
  #early: (() => void)[] | undefined = [];
  #isClosed = false;

  constructor(options: NostrServerTransportOptions) {
    const { caller } = options;
    this.caller = caller;
    this.sessionId = caller.connectionId;
    this.#options = options;
    this.#requests = new Requests(options.onrequest);
    this.#authInfo = {
      token: '',
      clientId: caller.pubkey,
      scopes: [],
      extra: { npub: caller.npub, connectionId: caller.connectionId },
    };
  }

  /** Requests that wait for the MCP server's answer. */
  get requestsUnderWay(): number {
    return this.#requests.size;
  }

  /** Called by the MCP server's `connect()`; what came before is delivered now. */
  async start(): Promise<void> {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const task of early) this.#tasks.add(task);
  }

  async send(message: JsonRpcMessage, options?: { relatedRequestId?: RequestId | undefined }): Promise<void> {
    if (this.#isClosed) throw new TransportError('closed', 'the connection is closed');
    if (isResponse(message)) return this.#answer(message);
    const related = options?.relatedRequestId;
    if (related === undefined) return this.#transmit(message, undefined);
    const event = this.#requests.event(related);
    // Nothing for a request after its answer, and nothing for a cancelled one.
    if (event !== undefined) await this.#transmit(message, event);
    // Somebody waits for the answer to this one.
    else if (isRequest(message))
      throw new TransportError('closed', 'the request that this belongs to was answered or cancelled');
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#tasks.close();
    this.#requests.close();
    this.#options.onclosed();
    this.onclose?.();
  }

  /** A frame of this connection, in its order. */
  receive(frame: IncomingFrame): void {
    let messages: JsonRpcMessage[];
    try {
      messages = decodeMessages(frame.event);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#report(new Error(`message of ${this.caller.npub} refused: ${reason}`, { cause: error }));
      // JSON-RPC 2.0, section 5.1: the codes for what is no JSON and for what is no request, whose id is not known.
      const code = error instanceof DecodeError && error.code === 'bad_json' ? -32_700 : -32_600;
      void this.#try({ jsonrpc: '2.0', error: { code, message: reason } }, frame.event.id);
      return;
    }
    for (const message of messages) this.#take(message, frame.event.id);
  }

  /** Answers what waits, for a reason of ours. */
  async failRequests(code: 'server_failed', message: string): Promise<void> {
    await Promise.all(
      this.#requests.ids.map((id) => this.#answer(failureResponse(id, code, message)).catch(this.#report)),
    );
  }

  #take(message: JsonRpcMessage, event: string): void {
    const isFull = this.#early !== undefined && this.#early.length >= limits.maxEarlyMessages;
    if (isRequest(message)) {
      if (this.#requests.has(message.id)) {
        return this.#report(
          new Error(`request ${JSON.stringify(message.id)} came twice while it was under way`),
        );
      }
      if (isFull || this.#requests.size >= limits.maxRequestsPerConnection) {
        const text = `${this.#requests.size} requests of this connection are under way; wait for answers`;
        void this.#try(failureResponse(message.id, 'busy', text), event);
        return;
      }
      this.#requests.add(message, event);
    }
    const deliver = (): void => {
      const cancelled = cancelledId(message);
      this.onmessage?.(message, { authInfo: this.#authInfo });
      if (cancelled !== undefined) this.#requests.cancel(cancelled);
    };
    if (this.#early === undefined) this.#tasks.add(deliver);
    else if (!isFull) this.#early.push(deliver);
  }

  async #answer(message: JsonRpcMessage): Promise<void> {
    const event = this.#requests.answer(message);
    if (!('id' in message) || message.id === undefined || event === undefined) return;
    try {
      await this.#transmit(message, event);
    } catch (error) {
      if (!(error instanceof TransportError) || error.code !== 'message_too_large') throw error;
      await this.#transmit(
        failureResponse(message.id, error.code, `the answer is too large: ${error.message}`, error.data),
        event,
      );
    }
  }

  async #transmit(message: JsonRpcMessage, event: string | undefined): Promise<void> {
    const sent = await this.#options.link.send([message], event);
    const outcome = await sent.published;
    if (outcome === 'muted')
      throw new TransportError('client_silent', `${this.caller.npub} is not listening any more`);
  }

  async #try(message: JsonRpcMessage, event: string): Promise<void> {
    try {
      await this.#transmit(message, event);
    } catch (error) {
      this.#report(error);
    }
  }

  readonly #report = (error: unknown): void => {
    const known = error instanceof Error ? error : new Error(String(error));
    this.#options.onerror(known);
    try {
      this.onerror?.(known);
    } catch {
      // A stranger's message must not end the process by way of whoever takes the errors.
    }
  };
}
