import type { NostrClientTransport } from '@mcp-nostr/client';
import {
  isRequest,
  isResponse,
  type JsonRpcErrorResponse,
  type JsonRpcMessage,
  type JsonRpcResultResponse,
  type RequestId,
} from '@mcp-nostr/core';
import type { InMemoryTransport } from '@modelcontextprotocol/client';

import { Recorder } from '../../helpers/recorder.ts';
import type { Era } from '../requirement.ts';
import type { Params } from '../server/context.ts';

/** The client's end of a way. */
export type Line = NostrClientTransport | InMemoryTransport;
export type Response = JsonRpcResultResponse | JsonRpcErrorResponse;

/** What every request of the modern era carries. */
export const envelope: Params = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {} } },
};

/** Sees what an SDK's client sends and receives, and says what that client would not, on the same connection. */
export class Tap {
  readonly sent = new Recorder<JsonRpcMessage>('a message that was sent');
  readonly received = new Recorder<JsonRpcMessage>('a message that was received');
  readonly #line: Line;
  readonly #era: Era;
  readonly #send: (message: JsonRpcMessage) => Promise<void>;
  /** Requests of ours, whose answers the client does not know, by the JSON of their ids. */
  readonly #own: Set<string> = new Set();

  /** Before the client connects. */
  constructor(line: Line, era: Era, onsend: () => void) {
    this.#line = line;
    this.#era = era;
    const send: (message: JsonRpcMessage, options?: object) => Promise<void> = line.send.bind(line);
    this.#send = (message) => send(message);
    line.send = (message: JsonRpcMessage, options?: object) => {
      this.sent.add(message);
      onsend();
      return send(message, options);
    };
  }

  /** After the client has connected. */
  listen(): void {
    const line = this.#line as {
      onmessage?: ((message: JsonRpcMessage, extra?: object) => void) | undefined;
    };
    const deliver = line.onmessage;
    line.onmessage = (message, extra) => {
      this.received.add(message);
      const isOwn = isResponse(message) && this.#own.delete(JSON.stringify(message.id));
      if (!isOwn) deliver?.(message, extra);
    };
  }

  async request(id: RequestId, method: string, params: Params = {}): Promise<Response> {
    const response = this.response(id);
    response.catch(() => {}); // where it cannot even be sent, that is what the caller learns
    await this.send({ jsonrpc: '2.0', id, method, params: this.withEnvelope(params) });
    return response;
  }

  /** The next response with this id. */
  response(id: RequestId): Promise<Response> {
    return this.received
      .next((message) => isResponse(message) && message.id === id)
      .then((message) => message as Response);
  }

  callTool(id: RequestId, name: string, args: Params = {}, meta?: Params): Promise<Response> {
    return this.request(id, 'tools/call', { name, arguments: args, ...(meta && { _meta: meta }) });
  }

  send(message: JsonRpcMessage): Promise<void> {
    if (isRequest(message)) this.#own.add(JSON.stringify(message.id));
    return this.#send(message);
  }

  notify(method: string, params: Params = {}): Promise<void> {
    return this.send({ jsonrpc: '2.0', method, params: this.withEnvelope(params) });
  }

  withEnvelope(params: Params): Params {
    if (this.#era === 'legacy') return params;
    const meta = params['_meta'] as Params | undefined;
    return { ...params, _meta: { ...envelope, ...meta } };
  }
}
