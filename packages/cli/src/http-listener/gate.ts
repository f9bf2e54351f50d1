import { createHash, timingSafeEqual } from 'node:crypto';

import {
  hostHeaderValidationResponse,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  originValidationResponse,
} from '@modelcontextprotocol/server';

import { errorCodes, errorResponse } from './error-response.ts';

export const MCP_PATH = '/mcp';

export interface GateOptions {
  /** What `Authorization: Bearer` has to carry; without it everybody on this machine may call. */
  token: string | undefined;
  /** Origins of web pages that may call, besides pages of this machine that need no CORS. */
  corsOrigins: readonly string[];
}

const methods = 'GET, POST, DELETE, OPTIONS';

/**
 * Who may call at all. A web page can send requests to this machine: `Host` tells a page whose name was rebound to our
 * address, `Origin` tells every other, and CORS decides who may read the answers. The token keeps out other users.
 */
export class Gate {
  readonly #tokenHash: Buffer | undefined;
  readonly #corsOrigins: ReadonlySet<string>;

  constructor({ token, corsOrigins }: GateOptions) {
    this.#tokenHash = token === undefined ? undefined : hash(token);
    this.#corsOrigins = new Set(corsOrigins);
  }

  /** The refusal of a request, or the answer to a preflight. */
  check(request: Request): Response | undefined {
    const badHost = hostHeaderValidationResponse(request, localhostAllowedHostnames());
    if (badHost !== undefined) return badHost;
    const isCors = this.#isCors(request);
    const badOrigin = isCors ? undefined : originValidationResponse(request, localhostAllowedOrigins());
    if (badOrigin !== undefined) return badOrigin;
    if (new URL(request.url).pathname !== MCP_PATH) {
      return errorResponse(404, errorCodes.badRequest, `Not Found: the MCP endpoint is ${MCP_PATH}`);
    }
    // A preflight never carries credentials (Fetch, "CORS-preflight fetch").
    if (request.method === 'OPTIONS' && isCors) return preflight(request);
    if (!['GET', 'POST', 'DELETE'].includes(request.method)) {
      return errorResponse(405, errorCodes.badRequest, 'Method not allowed.', {
        headers: { Allow: methods },
      });
    }
    return this.#checkToken(request);
  }

  /** A response as pages of allowed origins can read it. */
  allowReading(request: Request, response: Response): Response {
    if (!this.#isCors(request)) return response;
    const headers = new Headers(response.headers);
    headers.set('Access-Control-Allow-Origin', request.headers.get('origin') ?? '');
    headers.append('Vary', 'Origin');
    headers.set('Access-Control-Expose-Headers', 'Mcp-Session-Id, WWW-Authenticate');
    const { status, body } = response;
    return new Response(body, { status, headers });
  }

  #isCors(request: Request): boolean {
    return this.#corsOrigins.has(request.headers.get('origin') ?? '');
  }

  #checkToken(request: Request): Response | undefined {
    if (this.#tokenHash === undefined) return undefined;
    const [, token] = /^Bearer +(\S+) *$/i.exec(request.headers.get('authorization') ?? '') ?? [];
    if (token !== undefined && timingSafeEqual(hash(token), this.#tokenHash)) return undefined;
    const what = token === undefined ? 'is missing' : 'has the wrong token';
    const text = `Unauthorized: the header "Authorization: Bearer …" ${what}; mcp-nostr prints it when it starts`;
    return errorResponse(401, errorCodes.badRequest, text, { headers: { 'WWW-Authenticate': 'Bearer' } });
  }
}

/** Headers that a client sends are MCP's and the tools' own (`Mcp-Param-*`): whatever is asked for is granted. */
function preflight(request: Request): Response {
  const headers = request.headers.get('access-control-request-headers');
  return new Response(null, {
    status: 204,
    headers: {
      'Access-Control-Allow-Methods': methods,
      ...(headers === null ? {} : { 'Access-Control-Allow-Headers': headers }),
      'Access-Control-Max-Age': '600',
    },
  });
}

/** Of equal length whatever was given, which the comparison in constant time asks for. */
function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
