import {
  cancelledId,
  type JsonRpcMessage,
  type JsonRpcNotification,
  type JsonRpcRequest,
  isResponse,
  type RequestId,
} from '@mcp-nostr/core';

import { callIdOf, withCallId, withOwnId } from '../../call-ids.ts';

/** A connection, as a program sees it that it shares with others. */
export interface Seat {
  /** `relatedRequestId`: the request of the connection that this belongs to. Never throws. */
  send(message: JsonRpcMessage, relatedRequestId?: RequestId): void;
  /** It cannot go on: what was agreed at its beginning does not hold any more. */
  end(reason: string): void;
}

export interface Call {
  readonly seat: Seat;
  readonly request: JsonRpcRequest;
}

/**
 * The requests of many connections that one program has not answered. Each connection counts from 0, so to the program
 * every request has a number of ours.
 */
export class SharedCalls {
  readonly #calls: Map<number, Call> = new Map();
  #lastId = 0;

  get size(): number {
    return this.#calls.size;
  }

  /** The request as the program shall know it. */
  add(call: Call): JsonRpcRequest {
    const id = ++this.#lastId;
    this.#calls.set(id, call);
    return withCallId(call.request, id);
  }

  /** A connection gives up a request: what the program is told. */
  cancel(seat: Seat, notification: JsonRpcNotification): JsonRpcNotification | undefined {
    const ownId = cancelledId(notification);
    for (const [requestId, call] of this.#calls) {
      if (call.seat !== seat || call.request.id !== ownId) continue;
      this.#calls.delete(requestId);
      return { ...notification, params: { ...notification.params, requestId } };
    }
    return undefined;
  }

  /** A connection is over: what the program is told. */
  leave(seat: Seat): JsonRpcNotification[] {
    const ids = [...this.#calls].flatMap(([id, call]) => (call.seat === seat ? [id] : []));
    return ids.map((requestId) => {
      this.#calls.delete(requestId);
      const params = { requestId, reason: 'the caller has gone' };
      return { jsonrpc: '2.0', method: 'notifications/cancelled', params };
    });
  }

  /** The call that a message of the program belongs to, and the message as its connection shall know it. */
  take(message: JsonRpcMessage): { call: Call; message: JsonRpcMessage } | undefined {
    const id = callIdOf(message, undefined);
    const call = typeof id === 'number' ? this.#calls.get(id) : undefined;
    if (typeof id !== 'number' || call === undefined) return undefined;
    // With a cancellation a server ends a subscription (MCP 2026-07-28).
    if (isResponse(message) || cancelledId(message) !== undefined) this.#calls.delete(id);
    return { call, message: withOwnId(message, id, call.request) };
  }

  /** All of them; none is left. */
  takeAll(): Call[] {
    const all = [...this.#calls.values()];
    this.#calls.clear();
    return all;
  }
}
