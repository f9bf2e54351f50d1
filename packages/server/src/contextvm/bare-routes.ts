import {
  cancelledId,
  isResponse,
  type JsonRpcMessage,
  type JsonRpcNotification,
  type JsonRpcRequest,
  metaKeys,
  metaOf,
  progressToken,
  type RequestId,
} from '@mcp-nostr/core';
import { tokenText } from '@mcp-nostr/core/contextvm';
import type { IncomingBare } from '@mcp-nostr/transport';

import type { Naming } from '../nostr-server-transport-options.ts';

/** A request that was not answered yet: what its answer needs. */
export interface Route extends Pick<IncomingBare, 'form' | 'relay'> {
  /** The session that it went to. */
  readonly session: object;
  readonly method: string;
  /** As its client has named it, and its progress. */
  readonly id: RequestId;
  readonly token: unknown;
  /** Of its event, in seconds. */
  readonly createdAt: number;
  /** The answer is on its way. */
  isAnswered: boolean;
}

/**
 * The requests of one key. Several programs may use it at once, and each counts its requests from 0: towards the MCP
 * server a request, and its progress, has the id of its event for a name.
 */
export class BareRoutes implements Naming {
  readonly #routes: Map<string, Route> = new Map();

  /** Returns the request as the MCP server knows it. */
  add(request: JsonRpcRequest, incoming: IncomingBare, session: object): JsonRpcRequest {
    const { event, form, relay } = incoming;
    const { id, method, params } = request;
    const token = progressToken(request);
    const createdAt = event.created_at;
    this.#routes.set(event.id, { session, method, id, token, form, relay, createdAt, isAnswered: false });
    const renamed = { ...request, id: event.id };
    if (token === undefined) return renamed;
    return { ...renamed, params: { ...params, _meta: { ...metaOf(params), progressToken: event.id } } };
  }

  get(event: string): Route | undefined {
    return this.#routes.get(event);
  }

  remove(event: string): void {
    this.#routes.delete(event);
  }

  /** Those of one session that have no answer, by their events. */
  unanswered(session: object): [string, Route][] {
    return [...this.#routes].filter(([, route]) => route.session === session && !route.isAnswered);
  }

  /**
   * The request that a `notifications/cancelled` of the client means, by its event or by its id. Undefined where two
   * programs of one key have given the same id, and nobody can know whose it is.
   */
  cancelled(message: JsonRpcMessage): { event: string; session: object } | undefined {
    const id = cancelledId(message);
    return this.#only((route, event) => event === id || route.id === id);
  }

  /** The one whose progress its client calls so, under the same condition. */
  ofToken(token: string): { event: string; session: object } | undefined {
    return this.#only((route) => tokenText(route.token) === token);
  }

  #only(isMeant: (route: Route, event: string) => boolean): { event: string; session: object } | undefined {
    const [found, other] = [...this.#routes].filter(
      ([event, route]) => isMeant(route, event) && !route.isAnswered,
    );
    if (found === undefined || other !== undefined) return undefined;
    const [event, { session }] = found;
    return { event, session };
  }

  requestOf(message: JsonRpcMessage): RequestId | undefined {
    if (!('method' in message) || message.method !== 'notifications/progress') return undefined;
    const token = message.params?.['progressToken'];
    // Progress of nothing that anybody asked for goes to nobody.
    return typeof token === 'string' ? token : '';
  }

  toClient(message: JsonRpcMessage): JsonRpcMessage {
    if ('method' in message) return this.#news(message);
    const route = typeof message.id === 'string' ? this.#routes.get(message.id) : undefined;
    if (route === undefined) return message;
    const { id } = route;
    if (!('result' in message)) return { ...message, id };
    const { result } = message;
    return { ...message, id, result: this.#named(result) };
  }

  #news<Message extends JsonRpcNotification | JsonRpcRequest>(message: Message): Message {
    const { params } = message;
    if (params === undefined) return message;
    // With a cancellation a server ends a subscription (MCP 2026-07-28).
    const cancelled = cancelledId(message);
    const meant = typeof cancelled === 'string' ? this.#routes.get(cancelled) : undefined;
    if (meant !== undefined) return { ...message, params: { ...params, requestId: meant.id } };
    const named = this.#named(params);
    const token = named['progressToken'];
    const route = typeof token === 'string' ? this.#routes.get(token) : undefined;
    if (route === undefined) return named === params ? message : { ...message, params: named };
    return { ...message, params: { ...named, progressToken: route.token } };
  }

  /** Params or a result of a subscription, which names its request (MCP 2026-07-28). */
  #named(holder: Record<string, unknown>): Record<string, unknown> {
    const meta = metaOf(holder);
    const subscription = meta?.[metaKeys.subscriptionId];
    const route = typeof subscription === 'string' ? this.#routes.get(subscription) : undefined;
    if (route === undefined) return holder;
    return { ...holder, _meta: { ...meta, [metaKeys.subscriptionId]: route.id } };
  }
}

/** As the MCP server has named the request. */
export function cancellation(message: JsonRpcMessage, event: string): JsonRpcMessage {
  if (isResponse(message)) return message;
  return { ...message, params: { ...message.params, requestId: event } };
}
