import {
  failureResponse,
  isRecord,
  type JsonRpcErrorResponse,
  type JsonRpcMessage,
  type JsonRpcNotification,
  type JsonRpcRequest,
  type JsonRpcResultResponse,
  randomHex,
  type RequestId,
} from '@mcp-nostr/core';

import type { Answer } from '../../answer.ts';
import { packageVersion } from '../../version.ts';
import type { Greeted } from '../child/kept-child.ts';
import { listChanges } from '../child/list-changes.ts';
import type { Call, Seat } from './shared-calls.ts';
import { refusalAnswer, SharedChild, type SharedChildOptions } from './shared-child.ts';
import { SharedSubscriptions } from './shared-subscriptions.ts';

/** The last revision that has sessions; a program that knows only older ones answers with its own. */
const PROTOCOL_VERSION = '2025-11-25';

/**
 * What a session offers that cannot be kept apart: a log line, or a task, may be of any caller, and the program does not
 * say of which.
 */
const NOT_SHARED = ['logging', 'tasks'] as const;

/**
 * One session of MCP 2025-11-25 and earlier with a program, for all connections that speak such. We begin it, as a
 * client that can nothing but ask; each connection is answered with what the program said to us.
 */
export class SharedSession {
  readonly #child: SharedChild;
  /** What the program said to our `initialize`. */
  #opening: Answer | undefined;
  /** Connections whose `initialize` waits for that. */
  readonly #joining: Map<Seat, RequestId> = new Map();
  readonly #members: Set<Seat> = new Set();
  readonly #subscriptions = new SharedSubscriptions();

  constructor(options: SharedChildOptions) {
    this.#child = new SharedChild(options, {
      cancels: false,
      greet: (child) => this.#greet(child),
      isNeeded: () => this.#members.size > 0,
      isBusy: () => this.#joining.size > 0 || this.#subscriptions.uris.length > 0,
      onnews: (message) => this.#onnews(message),
      onanswered: (call, answer) => this.#onanswered(call, answer),
      ondown: (reason) => this.#ondown(reason),
    });
  }

  request(seat: Seat, request: JsonRpcRequest): void {
    const { id, method, params } = request;
    if (method === 'initialize') return this.#join(seat, request);
    if (method === 'logging/setLevel' || method.startsWith('tasks/'))
      return seat.send(
        refusal(id, -32_601, `Method not found: ${method}; this server is shared by its callers`),
      );
    // MCP 2025-11-25, lifecycle: a client should send nothing but pings before its `initialize` is answered.
    if (!this.#members.has(seat) && method !== 'ping')
      return seat.send(refusal(id, -32_602, `${method} came before any session: send "initialize" first`));
    if (method === 'resources/subscribe' && this.#subscriptions.isFull(seat))
      return seat.send(
        failureResponse(id, 'busy', 'too many resources are subscribed to; unsubscribe from some'),
      );
    if (method === 'resources/unsubscribe' && !this.#subscriptions.remove(seat, params?.['uri']))
      return seat.send({ jsonrpc: '2.0', id, result: {} });
    this.#child.request(seat, request);
  }

  notify(seat: Seat, notification: JsonRpcNotification): void {
    // `initialized` was said by us; for the rest, it concerns requests that nobody has made.
    this.#child.notify(seat, notification);
  }

  leave(seat: Seat): void {
    this.#joining.delete(seat);
    this.#members.delete(seat);
    this.#child.leave(seat);
    for (const uri of this.#subscriptions.leave(seat)) this.#unsubscribe(uri);
  }

  /** Never rejects. */
  close(): Promise<void> {
    return this.#child.close();
  }

  #join(seat: Seat, request: JsonRpcRequest): void {
    const opening = this.#opening;
    if (opening !== undefined && ('result' in opening || this.#child.isUp))
      return this.#welcome(seat, request.id, opening);
    const refused = this.#child.wake();
    if (refused === undefined) this.#joining.set(seat, request.id);
    else seat.send(refusalAnswer(request, refused));
  }

  #welcome(seat: Seat, id: RequestId, opening: Answer): void {
    if ('result' in opening) this.#members.add(seat);
    seat.send({ ...opening, id });
  }

  async #greet(child: Greeted): Promise<void> {
    const answer = await child.ask({
      jsonrpc: '2.0',
      id: newId(),
      method: 'initialize',
      params: {
        protocolVersion: PROTOCOL_VERSION,
        capabilities: {},
        clientInfo: { name: 'mcp-nostr', version: packageVersion() },
      },
    });
    const former = this.#opening;
    this.#opening = shareable(answer);
    if ('result' in answer) {
      child.tell({ jsonrpc: '2.0', method: 'notifications/initialized' });
      this.#endOthers(former, answer);
      // A resource may be gone by now; the session is not.
      for (const uri of this.#subscriptions.uris)
        await child.ask({ jsonrpc: '2.0', id: newId(), method: 'resources/subscribe', params: { uri } });
    }
    for (const change of listChanges(answer)) this.#toAll(change);
    for (const [seat, id] of this.#joining) this.#welcome(seat, id, this.#opening);
    this.#joining.clear();
  }

  /** After a restart the program may speak another version than the connections were told. */
  #endOthers(former: Answer | undefined, { result }: JsonRpcResultResponse): void {
    if (former === undefined || !('result' in former)) return;
    const [was, is] = [former.result['protocolVersion'], result['protocolVersion']];
    if (was === is) return;
    for (const seat of this.#members)
      seat.end(`the server speaks ${String(is)} now and spoke ${String(was)} before`);
  }

  #onnews(message: JsonRpcNotification): void {
    const { method, params } = message;
    if (/^notifications\/(tools|prompts|resources)\/list_changed$/.test(method)) this.#toAll(message);
    if (method !== 'notifications/resources/updated') return;
    for (const seat of this.#subscriptions.subscribersOf(params?.['uri'])) seat.send(message);
  }

  #onanswered({ seat, request }: Call, answer: JsonRpcMessage): void {
    if (request.method !== 'resources/subscribe' || !('result' in answer)) return;
    const uri = request.params?.['uri'];
    if (this.#members.has(seat)) this.#subscriptions.add(seat, uri);
    else if (typeof uri === 'string') this.#unsubscribe(uri);
  }

  #ondown(reason: string): void {
    for (const [seat, id] of this.#joining) seat.send(failureResponse(id, 'server_failed', reason));
    this.#joining.clear();
  }

  #toAll(message: JsonRpcMessage): void {
    for (const seat of this.#members) seat.send(message);
  }

  /** Nobody has it subscribed any more, and nobody waits for the answer. */
  #unsubscribe(uri: string): void {
    const nobody: Seat = { send: () => undefined, end: () => undefined };
    this.#child.request(nobody, {
      jsonrpc: '2.0',
      id: newId(),
      method: 'resources/unsubscribe',
      params: { uri },
    });
  }
}

function newId(): string {
  return `serve-${randomHex(8)}`;
}

function refusal(id: RequestId, code: number, message: string): JsonRpcErrorResponse {
  return { jsonrpc: '2.0', id, error: { code, message } };
}

/** As the callers get it. */
function shareable(answer: Answer): Answer {
  if (!('result' in answer)) return answer;
  const capabilities = answer.result['capabilities'];
  if (!isRecord(capabilities)) return answer;
  const kept = { ...capabilities };
  for (const name of NOT_SHARED) delete kept[name];
  return { ...answer, result: { ...answer.result, capabilities: kept } };
}
