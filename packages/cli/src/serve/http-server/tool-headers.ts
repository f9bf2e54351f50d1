import { isRecord, type JsonRpcRequest } from '@mcp-nostr/core';

import { argumentAt, type MirroredArgument, mirroredArguments } from '../../mirrored-arguments.ts';
import { limits } from './limits.ts';

/** The headers of one call. */
export function argumentHeaders(
  toMirror: readonly MirroredArgument[],
  args: unknown,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const argument of toMirror) {
    const text = primitiveText(argumentAt(args, argument));
    if (text !== undefined) headers[`Mcp-Param-${argument.name}`] = headerValue(text);
  }
  return headers;
}

/** Nothing for null and for what is absent; a number that JSON cannot carry exactly is left to the body. */
function primitiveText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER ? String(value) : undefined;
}

/** Text as it is where a header can carry it, else its UTF-8 in Base64 between marks. */
function headerValue(text: string): string {
  const isPlain = /^[\x20-\x7e\t]+$/.test(text) && text === text.trim() && !/^=\?base64\?.*\?=$/.test(text);
  return isPlain ? text : `=?base64?${Buffer.from(text, 'utf8').toString('base64')}?=`;
}

/** What one connection has seen of the server's tools. */
export class ToolHeaders {
  readonly #tools: Map<string, readonly MirroredArgument[]> = new Map();
  readonly #onlog: (line: string) => void;
  /** All tools were asked for, so that one which is not known does not exist. */
  isComplete = false;

  constructor(onlog: (line: string) => void) {
    this.#onlog = onlog;
  }

  /**
   * Takes in a result of `tools/list`, and returns it without the tools that "clients using the Streamable HTTP
   * transport MUST reject": the gateway is that client.
   */
  learn(result: Record<string, unknown>): Record<string, unknown> {
    const { tools } = result;
    if (!Array.isArray(tools)) return result;
    const kept = tools.filter((tool: unknown) => this.#learnTool(tool));
    return kept.length === tools.length ? result : { ...result, tools: kept };
  }

  isKnown({ params }: JsonRpcRequest): boolean {
    return this.isComplete || this.#tools.has(String(params?.['name']));
  }

  /** The headers of a `tools/call`. */
  of({ params }: JsonRpcRequest): Record<string, string> {
    const toMirror = this.#tools.get(String(params?.['name'])) ?? [];
    return argumentHeaders(toMirror, params?.['arguments']);
  }

  /** The tools have changed. */
  forget(): void {
    this.#tools.clear();
    this.isComplete = false;
  }

  #learnTool(tool: unknown): boolean {
    if (!isRecord(tool) || typeof tool['name'] !== 'string') return true;
    const { name } = tool;
    try {
      const toMirror = mirroredArguments(tool['inputSchema']);
      if (this.#tools.size < limits.maxTools) this.#tools.set(name, toMirror);
      return true;
    } catch (error) {
      this.#onlog(`the tool ${name} is left out: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    }
  }
}
