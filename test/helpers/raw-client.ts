import type { NostrClientTransport } from '@mcp-nostr/client';
import {
  isResponse,
  type JsonRpcErrorResponse,
  type JsonRpcMessage,
  type JsonRpcResultResponse,
  type RequestId,
} from '@mcp-nostr/core';

import { Recorder } from './recorder.ts';

/** Drives a transport without the SDK's Client, for ids and messages that it would not send. */
export class RawClient {
  readonly received = new Recorder<JsonRpcMessage>('a message');
  readonly errors = new Recorder<Error>('an error of the transport');
  readonly closes = new Recorder<string>('the close of a transport');
  readonly #transport: NostrClientTransport;

  constructor(transport: NostrClientTransport) {
    this.#transport = transport;
    Object.assign(transport, {
      onmessage: this.received.add,
      onerror: this.errors.add,
      onclose: () => this.closes.add('closed'),
    });
  }

  /** Starts the transport and does MCP's handshake, with the request id given. */
  async open(id: RequestId = 'handshake'): Promise<this> {
    await this.start();
    await this.request(id, 'initialize', {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 'raw', version: '0' },
    });
    await this.notify('notifications/initialized');
    return this;
  }

  /** The transport alone: what is sent first is the test's choice. */
  start(): Promise<void> {
    return this.#transport.start();
  }

  send(message: JsonRpcMessage): Promise<void> {
    return this.#transport.send(message);
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  notify(method: string, params?: Record<string, unknown>): Promise<void> {
    return this.send({ jsonrpc: '2.0', method, ...(params && { params }) });
  }

  /** The next response with this id. */
  response(id: RequestId): Promise<JsonRpcResultResponse | JsonRpcErrorResponse> {
    return this.received
      .next((message) => isResponse(message) && message.id === id)
      .then((message) => {
        if (!isResponse(message)) throw new Error('not a response');
        return message;
      });
  }

  async request(
    id: RequestId,
    method: string,
    params?: Record<string, unknown>,
  ): Promise<JsonRpcResultResponse | JsonRpcErrorResponse> {
    const response = this.response(id);
    response.catch(() => {}); // where it cannot even be sent, that is what the caller learns
    await this.send({ jsonrpc: '2.0', id, method, ...(params && { params }) });
    return response;
  }

  callTool(
    id: RequestId,
    name: string,
    args: Record<string, unknown> = {},
    meta?: Record<string, unknown>,
  ): Promise<JsonRpcResultResponse | JsonRpcErrorResponse> {
    return this.request(id, 'tools/call', { name, arguments: args, ...(meta && { _meta: meta }) });
  }
}
