import { isRecord, type JsonRpcRequest } from '@mcp-nostr/core';

import { argumentAt, type MirroredArgument, mirroredArguments } from '../mirrored-arguments.ts';
import { compareHeader, type HeaderMismatch } from './header-mismatch.ts';

/** Tools with such arguments that are remembered; a list of more than these is no list of tools. */
const MAX_TOOLS = 1_000;

/**
 * `Mcp-Param-*`: MCP 2026-07-28, Streamable HTTP, "Custom Headers from Tool Parameters". Which arguments are repeated
 * says the tool's schema, and the listener knows the schemas that it has passed on: clients have theirs from there.
 */
export class ParamHeaders {
  readonly #tools: Map<string, readonly MirroredArgument[]> = new Map();

  /** Takes note of the result of `tools/list`. */
  learn({ tools }: Record<string, unknown>): void {
    if (!Array.isArray(tools)) return;
    for (const tool of tools) {
      if (!isRecord(tool) || typeof tool['name'] !== 'string') continue;
      const mirrored = mirroredOf(tool);
      if (mirrored.length === 0) this.#tools.delete(tool['name']);
      else if (this.#tools.size < MAX_TOOLS) this.#tools.set(tool['name'], mirrored);
    }
  }

  mismatch(headers: Headers, { method, params }: JsonRpcRequest): HeaderMismatch | undefined {
    const name = params?.['name'];
    if (method !== 'tools/call' || typeof name !== 'string') return undefined;
    for (const argument of this.#tools.get(name) ?? []) {
      const value = argumentAt(params?.['arguments'], argument);
      const place = `arguments.${argument.path.join('.')}`;
      const mismatch = compareHeader(headers, `Mcp-Param-${argument.name}`, value, place);
      if (mismatch !== undefined) return mismatch;
    }
    return undefined;
  }
}

/** Clients have to leave a tool with faulty marks out, so nothing is expected of who calls it. */
function mirroredOf(tool: Record<string, unknown>): readonly MirroredArgument[] {
  try {
    return mirroredArguments(tool['inputSchema']);
  } catch {
    return [];
  }
}
