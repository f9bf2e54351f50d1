import { isRecord, isRequestId, limits as wireLimits, type RequestId } from '@mcp-nostr/core';
import { classifyInboundRequest } from '@modelcontextprotocol/server';

import type { Log, OpenTransport } from '../client-transport.ts';
import { errorCodes, errorResponse } from './error-response.ts';
import { LegacySessions } from './legacy-sessions.ts';
import type { Limits } from './limits.ts';
import { ModernCalls } from './modern-calls.ts';
import { readBody } from './read-body.ts';
import type { Seats } from './seats.ts';

export interface EndpointOptions {
  open: OpenTransport;
  limits: Limits;
  seats: Seats;
  onlog: Log;
}

/** One address for both eras of MCP: what a request's body claims decides which one serves it. */
export class Endpoint {
  readonly #limits: Limits;
  readonly #sessions: LegacySessions;
  readonly #calls: ModernCalls;
  #isClosed = false;

  constructor(options: EndpointOptions) {
    this.#limits = options.limits;
    this.#sessions = new LegacySessions(options);
    this.#calls = new ModernCalls(options);
  }

  /** `ended`: resolves when the response is written or the client has gone. */
  async handle(request: Request, ended: Promise<void>): Promise<Response> {
    if (request.method !== 'POST') return this.#sessions.serve(request, undefined, false, ended);
    const text = await readBody(request, this.#limits.maxBodyBytes);
    if (text instanceof Response) return text;
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      return errorResponse(400, errorCodes.parseError, 'Parse error: the request body is not JSON');
    }
    // It may have come in since.
    if (this.#isClosed)
      return errorResponse(503, errorCodes.badRequest, 'Service Unavailable: mcp-nostr is stopping');
    return this.#route(request, body, ended);
  }

  sweep(): void {
    this.#sessions.sweep();
    this.#calls.sweep();
  }

  /** Answers what is under way; never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#sessions.close(), this.#calls.close()]);
  }

  #route(request: Request, body: unknown, ended: Promise<void>): Promise<Response> {
    const version = request.headers.get('mcp-protocol-version');
    const method = request.headers.get('mcp-method');
    const outcome = classifyInboundRequest({
      httpMethod: 'POST',
      body,
      ...(version !== null && { protocolVersionHeader: version }),
      ...(method !== null && { mcpMethodHeader: method }),
    });
    // Nobody over Nostr could answer it; calls of the newer era get another id on their way.
    if (outcome.kind === 'legacy' && [body].flat().some(hasLongId)) {
      const text = `Invalid Request: an id may have ${wireLimits.maxIdLength} characters`;
      return Promise.resolve(errorResponse(400, errorCodes.invalidRequest, text));
    }
    if (outcome.kind === 'modern') return this.#calls.serve(outcome, request);
    if (outcome.kind === 'legacy')
      return this.#sessions.serve(request, body, outcome.reason === 'initialize', ended);
    const { httpStatus, code, message, data } = outcome;
    return Promise.resolve(errorResponse(httpStatus, code, message, { id: idOf(body), data }));
  }
}

function hasLongId(message: unknown): boolean {
  const id = isRecord(message) ? message['id'] : undefined;
  return typeof id === 'string' && !isRequestId(id);
}

/** Who sent a request that is refused gets its id back, if it has one. */
function idOf(body: unknown): RequestId | undefined {
  const id = isRecord(body) && 'method' in body ? body['id'] : undefined;
  return isRequestId(id) ? id : undefined;
}
