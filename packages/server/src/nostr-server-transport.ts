import {
  cancelledId,
  failureResponse,
  isRequest,
  isResponse,
  type JsonRpcErrorResponse,
  type JsonRpcMessage,
  type JsonRpcRequest,
  type JsonRpcResultResponse,
  parseMessage,
  parseRequestId,
  type RequestId,
  utf8Bytes,
} from '@mcp-nostr/core';
import type { FilterRules } from '@mcp-nostr/core/filter';
import {
  checkMessageSize,
  linkLimits,
  type LostMessage,
  messageText,
  type ReceivedMessage,
  TransportError,
} from '@mcp-nostr/transport';

import { authInfoOf, type Caller, type CallerAuthInfo } from './caller.ts';
import { isStreamControl, streamEnd } from './contextvm/stream-control.ts';
import { Inbox } from './inbox.ts';
import { withCommonSchemas } from './contextvm/common-schemas.ts';
import { withIdentity } from './contextvm/identity-meta.ts';
import type { KeyUsage } from './key-usage.ts';
import { limits } from './limits.ts';
import { ListNews } from './list-news.ts';
import { MessageCheck, Refused } from './message-check.ts';
import { Meter } from './meter.ts';
import type { NostrServerTransportOptions } from './nostr-server-transport-options.ts';
import type { Permission } from './policy.ts';
import { Requests } from './requests.ts';
import { LISTEN_METHOD, subscriptionEnd, subscriptionOf } from './subscription.ts';
import { unreadable } from './unreadable.ts';
import type { VersionGate } from './version-gate.ts';

interface Delivery {
  readonly message: JsonRpcMessage;
  readonly bytes: number;
  /** Of a request. */
  readonly route: object | undefined;
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
  readonly #requests: Requests;
  readonly #meter = new Meter();
  readonly #check: MessageCheck;
  readonly #inbox: Inbox<Delivery> = new Inbox(
    (delivery) => this.#deliver(delivery),
    (error) => this.#report(error),
  );
  readonly #news = new ListNews();
  #authInfo: CallerAuthInfo;
  #names: readonly FilterRules[];
  /** The last event with a line that is no message. */
  #unreadable: string | undefined;
  #isClosed = false;

  constructor(options: NostrServerTransportOptions) {
    const { caller, permission, authorize } = options;
    this.caller = caller;
    this.sessionId = caller.connectionId;
    this.#options = options;
    this.#requests = new Requests(options.onrequest);
    this.#authInfo = authInfoOf(caller, permission);
    this.#names = permission.names ?? [];
    this.#meter.usage = options.usage;
    this.#check = new MessageCheck({ caller, permission, authorize, onerror: this.#report });
  }

  /** What reaches a tool's handler with the next message. */
  get authInfo(): CallerAuthInfo {
    return this.#authInfo;
  }

  /** What the caller may do has changed. */
  permit(permission: Permission, usage: KeyUsage | undefined): void {
    const before = this.#names;
    this.#names = permission.names ?? [];
    this.#authInfo = authInfoOf(this.caller, permission);
    this.#check.permission = permission;
    this.#meter.usage = usage;
    const listens = this.#requests.of(LISTEN_METHOD);
    for (const news of this.#news.of(before, this.#names, listens)) this.send(news).catch(this.#report);
  }

  /** Requests that wait for the MCP server's answer. */
  get requestsUnderWay(): number {
    return this.#requests.size;
  }

  /** Called by the MCP server's `connect()`; what came before is delivered now. */
  async start(): Promise<void> {
    this.#inbox.start();
  }

  /** Called by servers of SDK 2.x. */
  setSupportedProtocolVersions(versions: string[]): void {
    this.gate?.supports(versions);
  }

  async send(said: JsonRpcMessage, options?: { relatedRequestId?: RequestId | undefined }): Promise<void> {
    if (this.#isClosed) throw new TransportError('closed', 'the connection is closed');
    this.#news.heard(said);
    const shown = this.#check.toClient(said);
    const message = withCommonSchemas(shown, this.#options.commonSchemas, this.#report);
    if (message === undefined) return;
    if (isResponse(message)) return this.#answer(message);
    const { naming } = this.#options;
    const related = options?.relatedRequestId ?? subscriptionOf(message) ?? naming?.requestOf(message);
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
    this.#inbox.close();
    this.#check.close();
    this.#requests.close();
    this.#meter.usage = undefined;
    this.#options.onclosed();
    this.onclose?.();
  }

  /** A message of the client, in its order. Returns whether it will be answered. */
  receive({ text, event }: ReceivedMessage): boolean {
    let message: JsonRpcMessage;
    try {
      message = parseMessage(text);
    } catch (error) {
      this.#meter.unrefused(utf8Bytes(text));
      // Once for each frame: a frame has room for thousands of lines.
      if (event === this.#unreadable) return false;
      this.#unreadable = event;
      const answer = unreadable(error);
      this.#report(
        new Error(`message of ${this.caller.npub} refused: ${answer.error.message}`, { cause: error }),
      );
      void this.#try(answer, event);
      return true;
    }
    this.take(message, event, utf8Bytes(text));
    return isRequest(message);
  }

  /** The same of one that was read. */
  take(said: JsonRpcMessage, event: string, bytes: number): void {
    const message = this.#identified(said, event);
    const route = isRequest(message) ? this.#admit(message, event, bytes) : undefined;
    if (isRequest(message) && route === undefined) return;
    if (route === undefined) this.#meter.unrefused(bytes);
    if (isStreamControl(message)) return this.#onstream(message);
    // At once: a client may use the id again in the same frame.
    const cancelled = cancelledId(message);
    if (cancelled !== undefined) this.#cancel(cancelled);
    // Without a word it would be lost: the client has it acknowledged.
    if (this.#inbox.isFull) this.#options.onoverflow();
    else this.#inbox.add({ message, bytes, route });
  }

  /** What the MCP server hears in place of the client's answer. */
  deny(failure: JsonRpcErrorResponse): void {
    this.#inbox.add({ message: failure, bytes: 0, route: undefined });
  }

  /** A large message of the client will not be had whole. */
  lost({ sort, id, reason }: LostMessage): void {
    this.#report(new Error(`a ${sort} of ${this.caller.npub} was dropped: ${reason}`));
    if (id === undefined || sort === 'notification') return;
    const requestId = parseRequestId(id);
    if (requestId === undefined) return;
    const failure = failureResponse(requestId, 'busy', reason);
    if (sort === 'request') void this.#try(failure, undefined);
    else this.deny(failure);
  }

  /** Answers what waits, for a reason of ours. */
  async failRequests(code: 'server_failed', message: string): Promise<void> {
    await Promise.all(
      this.#requests.ids.map((id) => this.#answer(failureResponse(id, code, message)).catch(this.#report)),
    );
  }

  /** Answers whoever listens that nothing more will come. */
  endSubscriptions(): void {
    for (const [id] of this.#requests.of(LISTEN_METHOD)) this.#answer(subscriptionEnd(id)).catch(() => {}); // its client will take it for lost, as it is
  }

  #identified(message: JsonRpcMessage, event: string): JsonRpcMessage {
    const { caller, injectIdentity } = this.#options;
    return withIdentity(message, injectIdentity === true ? { pubkey: caller.pubkey, event } : undefined);
  }

  /** Undefined for a request that goes no further, and was answered. */
  #admit(request: JsonRpcRequest, event: string, bytes: number): object | undefined {
    const { id } = request;
    if (this.#requests.has(id)) {
      this.#meter.unrefused(bytes);
      this.#report(new Error(`request ${JSON.stringify(id)} came twice while it was under way`));
      return undefined;
    }
    if (this.#inbox.isFull || this.#requests.size >= limits.maxRequestsPerConnection) {
      this.#meter.unrefused(bytes);
      this.#requests.refused(request, event, bytes, 'busy');
      const text = `${this.#requests.size} requests of this connection are under way; wait for answers`;
      void this.#try(failureResponse(id, 'busy', text), event);
      return undefined;
    }
    const { excess, ended } = this.#meter.request(request, bytes);
    if (excess === undefined) return this.#requests.add(request, event, bytes, ended);
    const { reason, retryAfterMs } = excess;
    this.#requests.refused(request, event, bytes, 'rate_limited');
    const text = `${reason}; try again in ${Math.ceil(retryAfterMs / 1000)} s`;
    void this.#try(failureResponse(id, 'rate_limited', text, { retryAfterMs }), event);
    return undefined;
  }

  /** The gate stands here and not before: what came early waits for the MCP server that sets it. */
  #deliver(delivery: Delivery): void | Promise<void> {
    const { message } = delivery;
    if (!this.#isWanted(delivery)) return undefined;
    const refusal = isRequest(message) ? this.gate?.refusal(message) : undefined;
    if (refusal !== undefined) {
      this.#answer(refusal).catch(this.#report);
      return undefined;
    }
    const result = this.#check.toServer(message);
    if (!(result instanceof Promise)) return this.#pass(result, delivery);
    return result.then((decided) => {
      if (this.#isWanted(delivery) && !this.#isClosed) this.#pass(decided, delivery);
    });
  }

  /** A request may have been cancelled on its way here, and another may have its id. */
  #isWanted({ message, route }: Delivery): boolean {
    return !isRequest(message) || (route !== undefined && this.#requests.isWaiting(message.id, route));
  }

  #pass(result: JsonRpcMessage | Refused, { message }: Delivery): void {
    if (!(result instanceof Refused)) return this.onmessage?.(result, { authInfo: this.#authInfo });
    const { code, answer } = result;
    const event = isRequest(message) ? this.#requests.refuse(message.id, code) : undefined;
    if (answer !== undefined) void this.#try(answer, event);
    else if ('method' in message)
      this.#report(new Error(`${message.method} of ${this.caller.npub} was dropped (${code})`));
  }

  /** Whoever reads a stream no more wants no more of its request, and hears that that is over. */
  #onstream(message: JsonRpcMessage): void {
    const end = streamEnd(message, this.#requests);
    if (end === undefined) return;
    this.#inbox.add({ message: end.cancellation, bytes: 0, route: undefined });
    this.#answer(end.answer).catch(this.#report);
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
    const { link, naming, onsend, onoverflow } = this.#options;
    const text = messageText(naming?.toClient(message) ?? message);
    checkMessageSize(text);
    if (this.#meter.isCounting) this.#meter.spend(utf8Bytes(text));
    if (link.queuedBytes + text.length > linkLimits.maxQueuedBytes) {
      onoverflow();
      const reason = `${this.caller.npub} takes nothing; its connection is over`;
      return Promise.reject(new TransportError('client_silent', reason));
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
