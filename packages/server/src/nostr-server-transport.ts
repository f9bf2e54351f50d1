import {
  cancelledId,
  DecodeError,
  failureResponse,
  isRequest,
  isRequestId,
  isResponse,
  type JsonRpcErrorResponse,
  type JsonRpcMessage,
  type JsonRpcResultResponse,
  parseMessage,
  type RequestId,
  utf8Bytes,
} from '@mcp-nostr/core';
import {
  checkMessageSize,
  type Link,
  linkLimits,
  type LostMessage,
  messageText,
  type ReceivedMessage,
  TaskQueue,
  TransportError,
} from '@mcp-nostr/transport';

import { authInfoOf, type Caller, type CallerAuthInfo } from './caller.ts';
import { limits } from './limits.ts';
import type { Permission } from './policy.ts';
import { Requests, type RequestSummary } from './requests.ts';
import { LISTEN_METHOD, subscriptionEnd, subscriptionOf } from './subscription.ts';
import type { VersionGate } from './version-gate.ts';

export interface NostrServerTransportOptions {
  caller: Caller;
  permission: Permission;
  link: Link;
  /** The link has something to send. */
  onsend: () => void;
  onrequest: (summary: RequestSummary) => void;
  onerror: (error: Error) => void;
  /** More waits, for the client or from it, than a connection may keep. */
  onoverflow: () => void;
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
  /** Answers in place of an MCP server what that would misunderstand. */
  gate: VersionGate | undefined;
  readonly #options: NostrServerTransportOptions;
  readonly #authInfo: CallerAuthInfo;
  readonly #requests: Requests;
  readonly #tasks = new TaskQueue((error) => this.#report(error));
  #early: (() => void)[] | undefined = [];
  #earlyBytes = 0;
  /** The last event with a line that is no message. */
  #unreadable: string | undefined;
  #isClosed = false;

  constructor(options: NostrServerTransportOptions) {
    const { caller } = options;
    this.caller = caller;
    this.sessionId = caller.connectionId;
    this.#options = options;
    this.#requests = new Requests(options.onrequest);
    this.#authInfo = authInfoOf(caller, options.permission);
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

  /** Called by servers of SDK 2.x. */
  setSupportedProtocolVersions(versions: string[]): void {
    this.gate?.supports(versions);
  }

  async send(message: JsonRpcMessage, options?: { relatedRequestId?: RequestId | undefined }): Promise<void> {
    if (this.#isClosed) throw new TransportError('closed', 'the connection is closed');
    if (isResponse(message)) return this.#answer(message);
    const related = options?.relatedRequestId ?? subscriptionOf(message);
    // The SDKs do not wait for news that they send: a rejection would end the process.
    if (related === undefined)
      return isRequest(message) ? this.#transmit(message) : this.#try(message, undefined);
    const event = this.#requests.event(related);
    // Nothing for a request after its answer, and nothing for a cancelled one.
    if (event !== undefined) await this.#transmit(message, event, related);
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

  /** A message of the client, in its order. Returns whether it will be answered. */
  receive({ text, event }: ReceivedMessage): boolean {
    let message: JsonRpcMessage;
    try {
      message = parseMessage(text);
    } catch (error) {
      // Once for each frame: a frame has room for thousands of lines.
      if (event === this.#unreadable) return false;
      this.#unreadable = event;
      const reason = error instanceof Error ? error.message : String(error);
      this.#report(new Error(`message of ${this.caller.npub} refused: ${reason}`, { cause: error }));
      // JSON-RPC 2.0, section 5.1: the codes for what is no JSON and for what is no request, whose id is not known.
      const code = error instanceof DecodeError && error.code === 'bad_json' ? -32_700 : -32_600;
      void this.#try({ jsonrpc: '2.0', error: { code, message: reason } }, event);
      return true;
    }
    this.#take(message, event, utf8Bytes(text));
    return isRequest(message);
  }

  /** A large message of the client will not be had whole. */
  lost({ sort, id, reason }: LostMessage): void {
    this.#report(new Error(`a ${sort} of ${this.caller.npub} was dropped: ${reason}`));
    if (id === undefined || sort === 'notification') return;
    const requestId = parseId(id);
    if (requestId === undefined) return;
    const failure = failureResponse(requestId, 'busy', reason);
    if (sort === 'request') void this.#try(failure, undefined);
    else this.#tasks.add(() => this.onmessage?.(failure, { authInfo: this.#authInfo }));
  }

  /** Answers what waits, for a reason of ours. */
  async failRequests(code: 'server_failed', message: string): Promise<void> {
    await Promise.all(
      this.#requests.ids.map((id) => this.#answer(failureResponse(id, code, message)).catch(this.#report)),
    );
  }

  /** Answers whoever listens that nothing more will come. */
  endSubscriptions(): void {
    for (const id of this.#requests.idsOf(LISTEN_METHOD)) this.#answer(subscriptionEnd(id)).catch(() => {}); // its client will take it for lost, as it is
  }

  #take(message: JsonRpcMessage, event: string, bytes: number): void {
    if (this.#early !== undefined) this.#earlyBytes += bytes;
    const { maxEarlyMessages, maxEarlyBytes } = limits;
    const isFull =
      this.#early !== undefined &&
      (this.#early.length >= maxEarlyMessages || this.#earlyBytes > maxEarlyBytes);
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
      this.#requests.add(message, event, bytes);
    }
    // At once: a client may use the id again in the same frame.
    const cancelled = cancelledId(message);
    if (cancelled !== undefined) this.#cancel(cancelled);
    const deliver = (): void => this.#deliver(message);
    if (this.#early === undefined) this.#tasks.add(deliver);
    else if (!isFull) this.#early.push(deliver);
    // Without a word it would be lost: the client has it acknowledged.
    else this.#options.onoverflow();
  }

  /** The gate stands here and not before: what came early waits for the MCP server that sets it. */
  #deliver(message: JsonRpcMessage): void {
    const refusal = isRequest(message) ? this.gate?.refusal(message) : undefined;
    if (refusal === undefined) this.onmessage?.(message, { authInfo: this.#authInfo });
    else this.#answer(refusal).catch(this.#report);
  }

  /** Nothing more is sent for it, and what waits to be sent is taken back. */
  #cancel(id: RequestId): void {
    this.#requests.cancel(id);
    const key = JSON.stringify(id);
    const { link } = this.#options;
    const withdrawn = link.withdraw(
      (message) => message.relation === key || (message.sort === 'response' && message.id === key),
    );
    for (const { onsettled } of withdrawn) onsettled?.();
    this.#options.onsend();
  }

  async #answer(message: JsonRpcResultResponse | JsonRpcErrorResponse): Promise<void> {
    // JSON-RPC 2.0, section 5: what could not be read is answered without its id.
    if (message.id === undefined) return this.#transmit(message);
    const event = this.#requests.answer(message);
    if (event === undefined) return;
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

  /** Resolves when a relay or the client has the message. */
  #transmit(message: JsonRpcMessage, requestEvent?: string, relation?: RequestId): Promise<void> {
    const { link, onsend, onoverflow } = this.#options;
    const text = messageText(message);
    checkMessageSize(text);
    if (link.queuedBytes + text.length > linkLimits.maxQueuedBytes) {
      onoverflow();
      const error = new TransportError(
        'client_silent',
        `${this.caller.npub} takes nothing; its connection is over`,
      );
      return Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      link.send({
        text,
        sort: isRequest(message) ? 'request' : isResponse(message) ? 'response' : 'notification',
        id: 'id' in message && message.id !== undefined ? JSON.stringify(message.id) : undefined,
        relation: relation === undefined ? undefined : JSON.stringify(relation),
        requestEvent,
        onsettled: (error) => {
          if (error === undefined) resolve();
          else reject(error);
        },
      });
      onsend();
    });
  }

  async #try(message: JsonRpcMessage, event: string | undefined): Promise<void> {
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

function parseId(text: string): RequestId | undefined {
  try {
    const id: unknown = JSON.parse(text);
    return isRequestId(id) ? id : undefined;
  } catch {
    return undefined;
  }
}
