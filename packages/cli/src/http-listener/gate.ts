import { createHash, timingSafeEqual } from 'node:crypto';

import {
  hostHeaderValidationResponse,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  originValidationResponse,
} from '@modelcontextprotocol/server';

import { errorCodes, errorResponse } from './error-response.ts';

export interface GateOptions {
  /** What `Authorization: Bearer` has to carry; without it everybody on this machine may call. */
  token: string | undefined;
  /** Origins of web pages that may call, besides pages of this machine that need no CORS. */
  corsOrigins: readonly string[];
  /** The paths that there are, each with the methods that it takes. */
  paths: ReadonlyMap<string, string>;
}

/**
 * Who may call at all. A web page can send requests to this machine: `Host` tells a page whose name was rebound to our
 * address, `Origin` tells every other, and CORS decides who may read the answers. The token keeps out other users.
 */
export class Gate {
  readonly #tokenHash: Buffer | undefined;
  readonly #corsOrigins: ReadonlySet<string>;
  readonly #paths: ReadonlyMap<string, string>;

  constructor({ token, corsOrigins, paths }: GateOptions) {
    this.#tokenHash = token === undefined ? undefined : hash(token);
    this.#corsOrigins = new Set(corsOrigins);
    this.#paths = paths;
  }

  /** The refusal of a request, or the answer to a preflight. `token`: what the request carries. */
  check(request: Request, token: string | undefined = bearerToken(request)): Response | undefined {
    const badHost = hostHeaderValidationResponse(request, localhostAllowedHostnames());
    if (badHost !== undefined) return badHost;
    const isCors = this.#isCors(request);
    const badOrigin = isCors ? undefined : originValidationResponse(request, localhostAllowedOrigins());
    if (badOrigin !== undefined) return badOrigin;
    const methods = this.#paths.get(new URL(request.url).pathname);
    if (methods === undefined) {
      const paths = [...this.#paths.keys()].join(', ');
      return errorResponse(
        404,
        errorCodes.badRequest,
        `Not Found: the paths of this MCP endpoint are ${paths}`,
      );
    }
    // A preflight never carries credentials (Fetch, "CORS-preflight fetch").
    if (request.method === 'OPTIONS' && isCors) return preflight(request, methods);
    if (!methods.split(', ').includes(request.method)) {
      return errorResponse(405, errorCodes.badRequest, 'Method not allowed.', {
        headers: { Allow: `${methods}, OPTIONS` },
      });
    }
    return this.#checkToken(token);
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

  #checkToken(token: string | undefined): Response | undefined {
    if (this.#tokenHash === undefined) return undefined;
    if (token !== undefined && timingSafeEqual(hash(token), this.#tokenHash)) return undefined;
    const what = token === undefined ? 'is missing' : 'has the wrong token';
    const text = `Unauthorized: the header "Authorization: Bearer …" ${what}; mcp-nostr prints it when it starts`;
    return errorResponse(401, errorCodes.badRequest, text, { headers: { 'WWW-Authenticate': 'Bearer' } });
  }
}

export function bearerToken(request: Request): string | undefined {
  const [, token] = /^Bearer +(\S+) *$/i.exec(request.headers.get('authorization') ?? '') ?? [];
  return token;
}

/** Headers that a client sends are MCP's and the tools' own (`Mcp-Param-*`): whatever is asked for is granted. */
function preflight(request: Request, methods: string): Response {
  const headers = request.headers.get('access-control-request-headers');
  return new Response(null, {
    status: 204,
    headers: {
      'Access-Control-Allow-Methods': `${methods}, OPTIONS`,
      ...(headers === null ? {} : { 'Access-Control-Allow-Headers': headers }),
      'Access-Control-Max-Age': '600',
    },
  });
}

/** Of equal length whatever was given, which the comparison in constant time asks for. */
function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
