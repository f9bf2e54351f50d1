import { isRecord, type JsonRpcRequest } from '@mcp-nostr/core';

import { compareHeader, type HeaderMismatch } from './header-mismatch.ts';

/** An argument that a tool wants repeated in the header `Mcp-Param-<name>`. */
interface ParamHeader {
  name: string;
  /** Names of properties, from the arguments on. */
  path: readonly string[];
}

/** Tools with such arguments that are remembered; a list of more than these is no list of tools. */
const MAX_TOOLS = 1_000;
/** Schemas nest; nobody declares a header below this. */
const MAX_DEPTH = 16;

/**
 * `Mcp-Param-*`: MCP 2026-07-28, Streamable HTTP, "Custom Headers from Tool Parameters". Which arguments are repeated
 * says the tool's schema, and the listener knows the schemas that it has passed on: clients have theirs from there.
 */
export class ParamHeaders {
  readonly #tools: Map<string, readonly ParamHeader[]> = new Map();

  /** Takes note of the result of `tools/list`. */
  learn({ tools }: Record<string, unknown>): void {
    if (!Array.isArray(tools)) return;
    for (const tool of tools) {
      if (!isRecord(tool) || typeof tool['name'] !== 'string') continue;
      const declared = [...declarations(tool['inputSchema'], [])];
      if (declared.length === 0) this.#tools.delete(tool['name']);
      else if (this.#tools.size < MAX_TOOLS) this.#tools.set(tool['name'], declared);
    }
  }

  mismatch(headers: Headers, { method, params }: JsonRpcRequest): HeaderMismatch | undefined {
    const name = params?.['name'];
    if (method !== 'tools/call' || typeof name !== 'string') return undefined;
    for (const { name: header, path } of this.#tools.get(name) ?? []) {
      const value = path.reduce<unknown>(
        (at, key) => (isRecord(at) ? at[key] : undefined),
        params?.['arguments'],
      );
      const mismatch = compareHeader(headers, `Mcp-Param-${header}`, value, `arguments.${path.join('.')}`);
      if (mismatch !== undefined) return mismatch;
    }
    return undefined;
  }
}

/** Only what a chain of `properties` reaches: an annotation elsewhere makes the tool invalid, and clients leave it out. */
function* declarations(schema: unknown, path: readonly string[]): Generator<ParamHeader> {
  if (!isRecord(schema) || path.length > MAX_DEPTH) return;
  const name = schema['x-mcp-header'];
  // RFC 9110, section 5.6.2: a token.
  if (typeof name === 'string' && /^[\w!#$%&'*+\-.^`|~]+$/.test(name)) yield { name, path };
  const { properties } = schema;
  if (!isRecord(properties)) return;
  for (const [key, property] of Object.entries(properties)) yield* declarations(property, [...path, key]);
}
