import {
  claimedVersion,
  type JsonRpcErrorResponse,
  type JsonRpcRequest,
  metaKeys,
  type RequestId,
} from '@mcp-nostr/core';

const FIRST_MODERN_VERSION = '2026-07-28';

/** Those of `@modelcontextprotocol/sdk` 1.x, which does not tell its transport what it speaks. */
export const LEGACY_VERSIONS: readonly string[] = [
  '2025-11-25',
  '2025-06-18',
  '2025-03-26',
  '2024-11-05',
  '2024-10-07',
];

/**
 * Keeps from an MCP server what it would serve although it must not: the SDKs take any request for one of a session,
 * also one of an era that they do not know, and one that no `initialize` has come before.
 */
export class VersionGate {
  readonly #speaksModern: boolean;
  #supported: readonly string[] = LEGACY_VERSIONS;
  #isOpen = false;

  constructor(options: { speaksModern: boolean }) {
    this.#speaksModern = options.speaksModern;
  }

  /** What the MCP server says that it speaks; without `serveStdio` nothing of the modern era. */
  supports(versions: readonly string[]): void {
    this.#supported = versions.filter((version) => version < FIRST_MODERN_VERSION);
  }

  /** The answer to a request that the MCP server must not see. */
  refusal(request: JsonRpcRequest): JsonRpcErrorResponse | undefined {
    const { id, method } = request;
    const claim = claimedVersion(request);
    const isModern = claim !== undefined || method === 'server/discover';
    if (isModern && !this.#speaksModern) return this.#unsupported(id, claim);
    if (isModern || method === 'initialize') this.#isOpen = true;
    // MCP 2025-11-25, lifecycle: a client should send nothing but pings before its `initialize` is answered.
    if (this.#isOpen || method === 'ping') return undefined;
    return this.#unopened(id, method);
  }

  /** MCP 2026-07-28, versioning: a client reads from `supported` that it has to fall back to `initialize`. */
  #unsupported(id: RequestId, claim: unknown): JsonRpcErrorResponse {
    const requested = typeof claim === 'string' ? claim : 'unknown';
    const message = `Unsupported protocol version: ${requested}; this server takes "initialize" with ${this.#supported.join(', ')}`;
    return failure(id, -32_022, message, { supported: this.#supported, requested });
  }

  /** MCP 2026-07-28, basic: -32602 where the version is missing. The revisions before it name no code. */
  #unopened(id: RequestId, method: string): JsonRpcErrorResponse {
    const orClaim = this.#speaksModern
      ? `, or params._meta["${metaKeys.protocolVersion}"] with each request`
      : '';
    return failure(id, -32_602, `${method} came before any session: send "initialize" first${orClaim}`);
  }
}

function failure(id: RequestId, code: number, message: string, data?: unknown): JsonRpcErrorResponse {
  return { jsonrpc: '2.0', id, error: { code, message, ...(data !== undefined && { data }) } };
}
