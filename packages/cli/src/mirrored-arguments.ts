import { isRecord } from '@mcp-nostr/core';

import { HTTP_TOKEN } from './http-token.ts';

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
  if (typeof name !== 'string' || !HTTP_TOKEN.test(name))
    throw new RangeError(`${MARK} of ${path.join('.')} is no name of a header`);
  if (!TYPES.includes(schema['type']))
    throw new RangeError(`${MARK} of ${path.join('.')}: its type is none of string, integer, boolean`);
  return { path, name };
}

/** What a call has given for it; undefined where it is absent. */
export function argumentAt(args: unknown, { path }: MirroredArgument): unknown {
  let value = args;
  for (const key of path) value = isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return value;
}
