import {
  cancelledId,
  canonicalJson,
  isProgressOf,
  isRequest,
  isResponse,
  type JsonRpcMessage,
  type JsonRpcNotification,
  type JsonRpcRequest,
  type JsonRpcResultResponse,
  progressToken,
  type RequestId,
} from '@mcp-nostr/core';

import type { ClientTransport, OpenTransport } from '../client-transport.ts';
import { KeptResults } from './kept-results.ts';
import { pickupLimits } from './pickup-limits.ts';

type MessageExtra = Parameters<NonNullable<ClientTransport['onmessage']>>[1];

/** A call that was sent, under the id with which it was. */
interface Call {
  readonly request: JsonRpcRequest;
  /** Equal for calls of the same tool with the same arguments. */
  readonly key: string;
  /** The host's request that waits for it now; undefined while its host has given it up. */
  waiting: JsonRpcRequest | undefined;
  /** Cancels it when nobody comes for it. */
  timer?: NodeJS.Timeout;
}

/**
 * Calls that outlast the patience of their host: one that the host gave up because of the time goes on, and the same
 * call made again joins it, or has its result if that has come within the last minute. Each result is given once.
 */
export class PickupTransport implements ClientTransport {
  onmessage: ClientTransport['onmessage'];
  onclose: ClientTransport['onclose'];
  onerror: ClientTransport['onerror'];
  readonly #transport: ClientTransport;
  /** By the id upstream. */
  readonly #calls: Map<RequestId, Call> = new Map();
  readonly #kept: KeptResults;

  /** `keepMs`: how long a result is kept. */
  constructor(open: OpenTransport, keepMs: number = pickupLimits.keepMs) {
    this.#kept = new KeptResults(keepMs);
    this.#transport = open();
    this.#transport.onmessage = (message, extra) => this.#receive(message, extra);
    this.#transport.onerror = (error) => this.onerror?.(error);
    this.#transport.onclose = () => {
      this.#end();
      this.onclose?.();
    };
  }

  start(): Promise<void> {
    return this.#transport.start();
  }

  async send(message: JsonRpcMessage): Promise<void> {
    if (isRequest(message) && message.method === 'tools/call') return this.#call(message);
    const cancelled = cancelledId(message);
    if (cancelled === undefined || !('method' in message) || isRequest(message))
      return this.#transport.send(message);
    const call = this.#waitingAs(cancelled);
    if (call === undefined) return this.#transport.send(message);
    if (isTimeOut(message) && this.#abandon(call)) return;
    await this.#cancel(call, message.params);
  }

  async close(): Promise<void> {
    this.#end();
    await this.#transport.close();
  }

  async #call(request: JsonRpcRequest): Promise<void> {
    const key = keyOf(request);
    const kept = this.#kept.take(key);
    if (kept !== undefined) {
      this.onmessage?.({ jsonrpc: '2.0', id: request.id, result: kept });
      return;
    }
    const abandoned = [...this.#calls.values()].find(
      (call) => call.key === key && call.waiting === undefined,
    );
    if (abandoned !== undefined) {
      clearTimeout(abandoned.timer);
      abandoned.waiting = request;
      return;
    }
    // Ids are not used twice; a host that does has forgotten the former call.
    const former = this.#calls.get(request.id);
    if (former !== undefined) await this.#cancel(former, { reason: 'its id is used again' });
    this.#calls.set(request.id, { request, key, waiting: request });
    await this.#transport.send(request);
  }

  #waitingAs(id: RequestId): Call | undefined {
    return [...this.#calls.values()].find(({ waiting }) => waiting?.id === id);
  }

  /** Lets it run on without anyone who waits; whether it may. */
  #abandon(call: Call): boolean {
    const others = [...this.#calls.values()].filter(({ waiting }) => waiting === undefined);
    if (others.length >= pickupLimits.maxCalls) return false;
    call.waiting = undefined;
    call.timer = setTimeout(() => {
      this.#cancel(call, { reason: 'nobody has asked for its result' }).catch((error: Error) =>
        this.onerror?.(error),
      );
    }, pickupLimits.maxRunMs);
    return true;
  }

  async #cancel(call: Call, params: JsonRpcNotification['params']): Promise<void> {
    this.#forget(call);
    await this.#transport.send({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { ...params, requestId: call.request.id },
    });
  }

  #forget(call: Call): void {
    clearTimeout(call.timer);
    this.#calls.delete(call.request.id);
  }

  #receive(message: JsonRpcMessage, extra: MessageExtra): void {
    if (isResponse(message)) return this.#answered(message, extra);
    if (!isRequest(message) && message.method === 'notifications/progress')
      return this.#progressed(message, extra);
    this.onmessage?.(message, extra);
  }

  #answered(message: JsonRpcMessage, extra: MessageExtra): void {
    const id = isResponse(message) ? message.id : undefined;
    const call = id === undefined ? undefined : this.#calls.get(id);
    if (call === undefined) return this.onmessage?.(message, extra);
    this.#forget(call);
    const { request, waiting } = call;
    const isGood = 'result' in message && isFinished(message);
    if (waiting === undefined) {
      if (isGood) this.#kept.keep(call.key, message.result);
    } else if (waiting === request || isGood) this.onmessage?.({ ...message, id: waiting.id }, extra);
    // What failed is no result for another call: that one is made now.
    else this.#call(waiting).catch((error: Error) => this.onerror?.(error));
  }

  /** Hosts take progress that they did not ask for as a fault, so that of an abandoned call ends here. */
  #progressed(message: JsonRpcNotification, extra: MessageExtra): void {
    const call = [...this.#calls.values()].find(({ request }) => isProgressOf(message, request));
    if (call === undefined || call.waiting === call.request) return this.onmessage?.(message, extra);
    const own = call.waiting && progressToken(call.waiting);
    if (own === undefined) return;
    this.onmessage?.({ ...message, params: { ...message.params, progressToken: own } }, extra);
  }

  #end(): void {
    for (const call of this.#calls.values()) clearTimeout(call.timer);
    this.#calls.clear();
    this.#kept.clear();
  }
}

/** `_meta` does not count: hosts write names of each call there. */
function keyOf({ params }: JsonRpcRequest): string {
  return canonicalJson({ ...params, _meta: undefined });
}

/**
 * Whether a host gave up for want of time and not because its person did. The SDKs give as the reason `McpError: MCP
 * error -32001: Request timed out`, `SdkError: Request timed out`, `… Maximum total timeout exceeded`; that of Rust
 * `request timeout`.
 */
function isTimeOut({ params }: JsonRpcNotification): boolean {
  const reason = params?.['reason'];
  return typeof reason === 'string' && /time[d ]?[ -]?out/i.test(reason);
}

/** Neither an error of the tool, nor a question to the host (MCP 2026-07-28, `resultType`). */
function isFinished({ result }: JsonRpcResultResponse): boolean {
  return result['isError'] !== true && (result['resultType'] ?? 'complete') === 'complete';
}
