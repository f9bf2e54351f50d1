import {
  isRequest,
  isResponse,
  type JsonRpcMessage,
  type JsonRpcRequest,
  type JsonRpcResultResponse,
} from './json-rpc.ts';

/** Of one session. What is beyond is not said again: a stranger must not fill the memory with what it subscribes to. */
const MAX_SUBSCRIPTIONS = 1_000;

/**
 * What a session of MCP 2025-11-25 and earlier has told its server and a new connection has to tell again:
 * `initialize`, the log level, the resources subscribed to.
 */
export class SessionReplay {
  #initialize: JsonRpcRequest | undefined;
  #version: unknown;
  #isInitialized = false;
  #level: JsonRpcRequest | undefined;
  readonly #subscriptions: Map<string, JsonRpcRequest> = new Map();

  /** Nothing has to be said again. */
  get isEmpty(): boolean {
    return this.#initialize === undefined;
  }

  /** News may come although nothing was asked. */
  get hasSubscriptions(): boolean {
    return this.#subscriptions.size > 0;
  }

  /** A request that the server has answered with a result. */
  answered(request: JsonRpcRequest, { result }: JsonRpcResultResponse): void {
    const uri = request.params?.['uri'];
    switch (request.method) {
      case 'initialize':
        this.#initialize = request;
        this.#version = result['protocolVersion'];
        break;
      case 'logging/setLevel':
        this.#level = request;
        break;
      case 'resources/subscribe':
        if (typeof uri === 'string' && this.#subscriptions.size < MAX_SUBSCRIPTIONS)
          this.#subscriptions.set(uri, request);
        break;
      case 'resources/unsubscribe':
        if (typeof uri === 'string') this.#subscriptions.delete(uri);
        break;
      default:
    }
  }

  /** A notification that was sent. */
  notified(message: JsonRpcMessage): void {
    if ('method' in message && message.method === 'notifications/initialized') this.#isInitialized = true;
  }

  /** The first message of a new connection. */
  opening(id: string): JsonRpcRequest | undefined {
    return this.#initialize && { ...this.#initialize, id };
  }

  /** Why the server's answer to it cannot continue the session. */
  objection(response: JsonRpcMessage): string | undefined {
    if (!isResponse(response) || !('result' in response)) {
      const reason = 'error' in response ? response.error.message : 'it gave no result';
      return `the server did not take the session up again: ${reason}`;
    }
    const version = response.result['protocolVersion'];
    if (version === this.#version) return undefined;
    return `the server speaks ${String(version)} now and spoke ${String(this.#version)} before`;
  }

  /** What follows once it is answered. `newId` gives each request an id of its own. */
  rest(newId: () => string): JsonRpcMessage[] {
    const requests = [this.#level, ...this.#subscriptions.values()].filter((each) => each !== undefined);
    return [
      ...(this.#isInitialized ? [{ jsonrpc: '2.0' as const, method: 'notifications/initialized' }] : []),
      ...requests.map((request) => ({ ...request, id: newId() })),
    ];
  }
}

/** Whether a request stays open for news rather than for an answer (MCP 2026-07-28). */
export function isListening(message: JsonRpcMessage): boolean {
  return isRequest(message) && message.method === 'subscriptions/listen';
}
