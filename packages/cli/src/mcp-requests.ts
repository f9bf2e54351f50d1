import { isRecord, isResponse, type JsonRpcMessage, type RequestId } from '@mcp-nostr/core';

import type { ClientTransport } from './client-transport.ts';
import { within } from './within.ts';

/** The server answered with a JSON-RPC error. */
export class McpRequestError extends Error {
  override readonly name = 'McpRequestError';
  readonly code: number;
  /** As {@link describeError} reads it: failures of the way name themselves there. */
  readonly data: unknown;
  constructor({ code, message, data }: { code: number; message: string; data?: unknown }) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

interface Waiting {
  resolve: (result: Record<string, unknown>) => void;
  reject: (error: Error) => void;
}

/** Requests of MCP over a transport, one JSON-RPC message at a time: the SDK's client would hide which era answered. */
export class McpRequests {
  readonly #transport: ClientTransport;
  readonly #limits: { timeoutMs: number; signal: AbortSignal };
  readonly #waiting: Map<RequestId, Waiting> = new Map();
  #nextId = 1;

  constructor(transport: ClientTransport, limits: { timeoutMs: number; signal: AbortSignal }) {
    this.#transport = transport;
    this.#limits = limits;
    transport.onmessage = (message) => this.#receive(message);
  }

  /** @throws {McpRequestError} @throws {TooSlow} */
  async request(method: string, params: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const id = this.#nextId++;
    const answered = new Promise<Record<string, unknown>>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
    const sent = this.#transport.send({ jsonrpc: '2.0', id, method, params });
    try {
      return await within(
        this.#limits.timeoutMs,
        this.#limits.signal,
        Promise.race([answered, sent.then(() => answered)]),
      );
    } finally {
      this.#waiting.delete(id);
    }
  }

  notify(method: string): Promise<void> {
    return this.#transport.send({ jsonrpc: '2.0', method });
  }

  #receive(message: JsonRpcMessage): void {
    if (!isResponse(message) || message.id === undefined) return;
    const waiting = this.#waiting.get(message.id);
    if ('error' in message) waiting?.reject(new McpRequestError(message.error));
    else if (isRecord(message.result)) waiting?.resolve(message.result);
  }
}
