import { isRecord, type JsonRpcRequest } from '@mcp-nostr/core';

import { limits } from './limits.ts';

/** An argument of a tool that its schema wants in a header too. */
export interface MirroredArgument {
  /** Property names from the arguments' root. */
  readonly path: readonly string[];
  /** What follows `Mcp-Param-`. */
  readonly name: string;
}

/**
 * The arguments that a tool's schema marks with `x-mcp-header`.
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http
 * @throws {RangeError} where the specification has a client reject the tool
 */
export function mirroredArguments(inputSchema: unknown): MirroredArgument[] {
  const found: MirroredArgument[] = [];
  collect(inputSchema, [], found);
  const names = new Set(found.map(({ name }) => name.toLowerCase()));
  if (names.size < found.length) throw new RangeError('two arguments have the same x-mcp-header');
  return found;
}

const MARK = 'x-mcp-header';
/** RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const TYPES: readonly unknown[] = ['string', 'integer', 'boolean'];

/** Only a chain of `properties` makes an argument reachable; a mark anywhere else is a fault. */
function collect(schema: unknown, path: readonly string[], found: MirroredArgument[]): void {
  if (!isRecord(schema)) return;
  if (Object.hasOwn(schema, MARK)) found.push(mirrored(schema, path));
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === 'properties' && isRecord(value)) {
      for (const [name, each] of Object.entries(value)) collect(each, [...path, name], found);
    } else if (!VALUES.has(keyword) && hasMark(value)) {
      throw new RangeError(`${MARK} is under ${keyword}, where "properties" alone does not lead`);
    }
  }
}

function hasMark(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasMark);
  if (!isRecord(value)) return false;
  if (Object.hasOwn(value, MARK)) return true;
  return Object.entries(value).some(([keyword, each]) => !VALUES.has(keyword) && hasMark(each));
}

/** Keywords whose values are data and no schemas. */
const VALUES = new Set(['const', 'default', 'enum', 'examples', 'required']);

function mirrored(schema: Record<string, unknown>, path: readonly string[]): MirroredArgument {
  const name = schema[MARK];
  if (path.length === 0) throw new RangeError(`${MARK} is no mark for all arguments together`);
  if (typeof name !== 'string' || !TOKEN.test(name))
    throw new RangeError(`${MARK} of ${path.join('.')} is no name of a header`);
  if (!TYPES.includes(schema['type']))
    throw new RangeError(`${MARK} of ${path.join('.')}: its type is none of string, integer, boolean`);
  return { path, name };
}

/** The headers of one call. */
export function argumentHeaders(
  toMirror: readonly MirroredArgument[],
  args: unknown,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const { path, name } of toMirror) {
    let value = args;
    for (const key of path) value = isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
    const text = primitiveText(value);
    if (text !== undefined) headers[`Mcp-Param-${name}`] = headerValue(text);
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
