import { cancelledId, isResponse, type JsonRpcMessage, type JsonRpcRequest } from '@mcp-nostr/core';
import {
  type InboundClassificationOutcome,
  PerRequestHTTPServerTransport,
} from '@modelcontextprotocol/server';

import type { Log, OpenTransport } from '../client-transport.ts';
import { answerStatus, errorCodes, errorResponse } from './error-response.ts';
import type { HeaderMismatch } from './header-mismatch.ts';
import type { Limits } from './limits.ts';
import { ParamHeaders } from './param-headers.ts';
import { SharedConnection } from './shared-connection.ts';
import { standardHeaderMismatch } from './standard-headers.ts';

type ModernRoute = Extract<InboundClassificationOutcome, { kind: 'modern' }>;

export interface ModernCallsOptions {
  open: OpenTransport;
  limits: Limits;
  onlog: Log;
}

/** The era of MCP 2026-07-28: every POST is a call by itself, and leaving it is how a client cancels. */
export class ModernCalls {
  readonly #options: ModernCallsOptions;
  /** By claimed version: a server decides about the version by what a connection begins with. */
  readonly #connections: Map<string, SharedConnection> = new Map();
  readonly #paramHeaders = new ParamHeaders();

  constructor(options: ModernCallsOptions) {
    this.#options = options;
  }

  async serve(route: ModernRoute, request: Request): Promise<Response> {
    const { message } = route;
    const mismatch =
      route.messageKind === 'request' ? this.#mismatch(request.headers, route.message) : undefined;
    const id = 'id' in message ? message.id : undefined;
    if (mismatch !== undefined) {
      const text = `Bad Request: the request headers and body disagree: ${mismatch.body}`;
      return errorResponse(400, errorCodes.headerMismatch, text, { id, data: { mismatch } });
    }
    const connection = this.#connection(route.classification.revision ?? '');
    if (connection === undefined) {
      const text = 'calls of too many protocol versions are under way; try again later';
      return errorResponse(503, errorCodes.badRequest, text, { id });
    }
    if (route.messageKind === 'request') return this.#call(connection, route, request);
    // Ids of this client mean nothing on the shared connection; a client cancels by closing its stream.
    if (message.method !== 'notifications/cancelled') connection.notify(route.message);
    return new Response(null, { status: 202 });
  }

  /** Lets go of connections that nobody has used for a while. */
  sweep(): void {
    for (const connection of this.#connections.values()) {
      const idleMs = performance.now() - connection.usedAt;
      if (connection.calls === 0 && idleMs > this.#options.limits.sessionIdleMs)
        void connection.close('idle'); // never rejects
    }
  }

  /** Answers what is under way; never rejects. */
  async close(): Promise<void> {
    await Promise.all([...this.#connections.values()].map((each) => each.close('mcp-nostr was stopped')));
  }

  #mismatch(headers: Headers, message: JsonRpcRequest): HeaderMismatch | undefined {
    return standardHeaderMismatch(headers, message) ?? this.#paramHeaders.mismatch(headers, message);
  }

  /** At the bound the version that was not used for longest makes room, if no call of it is under way. */
  #connection(revision: string): SharedConnection | undefined {
    const known = this.#connections.get(revision);
    if (known !== undefined) return known;
    const { open, onlog, limits } = this.#options;
    if (this.#connections.size >= limits.maxRevisions) {
      const idle = [...this.#connections.values()].filter(({ calls }) => calls === 0);
      const oldest = idle.sort((a, b) => a.usedAt - b.usedAt)[0];
      if (oldest === undefined) return undefined;
      void oldest.close('room was needed'); // it never rejects
    }
    const connection: SharedConnection = new SharedConnection({
      open,
      onlog,
      onclosed: () => {
        if (this.#connections.get(revision) === connection) this.#connections.delete(revision);
      },
    });
    this.#connections.set(revision, connection);
    return connection;
  }

  async #call(
    connection: SharedConnection,
    { message, classification }: Extract<ModernRoute, { messageKind: 'request' }>,
    request: Request,
  ): Promise<Response> {
    const { keepAliveMs } = this.#options.limits;
    const http = new PerRequestHTTPServerTransport({ classification, keepAliveMs });
    let answer: JsonRpcMessage | undefined;
    let cancel: (() => void) | undefined;
    const receive = (received: JsonRpcMessage): void => {
      if (isResponse(received)) answer = received;
      if (message.method === 'tools/list' && 'result' in received) this.#paramHeaders.learn(received.result);
      void http.send(received, { relatedRequestId: message.id }); // it drops what comes too late, and never rejects
      // The server gives up a subscription: on HTTP that is the end of the stream.
      if (cancelledId(received) === message.id) void http.close(); // never rejects
    };
    http.onmessage = () => (cancel = connection.call(message, receive));
    http.onclose = () => cancel?.();
    await http.start();
    let response: Response;
    try {
      response = await http.handleMessage(message, { request });
    } catch {
      return new Response(null, { status: CLIENT_CLOSED_REQUEST });
    }
    // A server that does not speak this version has not begun anything that would be worth keeping.
    if (isUnsupportedVersion(answer) && connection.calls === 0) void connection.close('unsupported version'); // never rejects
    return withStatus(response, answerStatus(answer));
  }
}

/** Nobody reads it: the client has gone. The number is nginx's. */
const CLIENT_CLOSED_REQUEST = 499;

/** The SDK's transport cannot know what a server far away had decided before any handler ran: it says 200. */
function withStatus(response: Response, status: number): Response {
  const { headers, body } = response;
  if (status === 200 || headers.get('content-type') !== 'application/json') return response;
  return new Response(body, { status, headers });
}

function isUnsupportedVersion(answer: JsonRpcMessage | undefined): boolean {
  return answer !== undefined && 'error' in answer && answer.error.code === -32_022;
}
