import {
  cancelledId,
  type JsonRpcMessage,
  type JsonRpcNotification,
  type JsonRpcRequest,
  type RequestId,
} from '@mcp-nostr/core';

/**
 * What a server has asked of its client and the client has not answered. A server that was started again counts from the
 * beginning, so from then on its requests carry ids of ours: a late answer must not be taken for another's.
 */
export class AskedRequests {
  /** The server's own ids, by those that the client knows. */
  readonly #open: Map<RequestId, RequestId> = new Map();
  #starts = 0;
  #hasAsked = false;

  get size(): number {
    return this.#open.size;
  }

  /** A request of the server, as the client shall know it. */
  asked(request: JsonRpcRequest): JsonRpcRequest {
    this.#hasAsked = true;
    const id = this.#clientId(request.id);
    this.#open.set(id, request.id);
    return id === request.id ? request : { ...request, id };
  }

  /** A message of the client, as the server knows it; undefined for an answer that nobody waits for any more. */
  toServer(message: JsonRpcMessage): JsonRpcMessage | undefined {
    if ('method' in message) return message;
    if (message.id === undefined) return undefined;
    const id = this.#open.get(message.id);
    this.#open.delete(message.id);
    return id === undefined ? undefined : { ...message, id };
  }

  /** A notification of the server, as the client shall know it: it may give up a request. */
  toClient(message: JsonRpcNotification): JsonRpcNotification {
    const cancelled = cancelledId(message);
    if (cancelled === undefined) return message;
    const requestId = this.#clientId(cancelled);
    return this.#open.delete(requestId) ? { ...message, params: { ...message.params, requestId } } : message;
  }

  /** The server has ended: what tells the client that it need not answer any more. */
  giveUp(reason: string): JsonRpcNotification[] {
    const ids = [...this.#open.keys()];
    this.#open.clear();
    if (this.#hasAsked) this.#starts++;
    return ids.map((requestId) => ({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId, reason },
    }));
  }

  #clientId(id: RequestId): RequestId {
    return this.#starts === 0 ? id : `${this.#starts}.${JSON.stringify(id)}`;
  }
}
