import { canonicalJson } from '../canonical-json.ts';
import { DecodeError } from '../errors.ts';
import { isHex32, isRecord } from '../event.ts';
import { contextvmLimits } from './limits.ts';
import { sha256Hex } from './sha256.ts';

/** The name of this in `_meta` of a tool and in the tag `k` (CEP-15). */
export const COMMON_SCHEMA = 'io.contextvm/common-schema';

/** What of a tool others can agree upon. Whatever else it has does not count. */
export interface ToolSchema {
  name: string;
  inputSchema: unknown;
  outputSchema?: unknown;
}

/** A server says that a tool of its own has the schema with this hash. */
export interface SchemaClaim {
  hash: string;
  tool: string;
}

/** What says something to people, and nothing about what is valid. */
const PROSE: ReadonlySet<string> = new Set([
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
]);

/**
 * The hash by which tools of different servers are known to be called alike (CEP-15).
 * @throws {DecodeError} `bad_schema` for a `$ref` to elsewhere, where something else may be tomorrow
 */
export function schemaHash({ name, inputSchema, outputSchema }: ToolSchema): string {
  return sha256Hex(canonicalJson(withoutProse({ name, inputSchema, outputSchema })));
}

/** `_meta` of a tool that has such a schema. */
export function commonSchemaMeta(hash: string): Record<string, unknown> {
  return { [COMMON_SCHEMA]: { schemaHash: hash } };
}

/** The tags of a server's list of tools by which others find it. */
export function commonSchemaTags(
  claims: readonly SchemaClaim[],
  categories: readonly string[] = [],
): string[][] {
  if (claims.length === 0) return [];
  return [
    ...claims.map(({ hash, tool }) => ['i', hash, tool]),
    ['k', COMMON_SCHEMA],
    ...categories.map((category) => ['t', category]),
  ];
}

/** What such tags claim. Whether it is so shows in the list itself: {@link schemaHash}. */
export function readCommonSchemas(tags: string[][]): { schemas: SchemaClaim[]; categories: string[] } {
  const schemas: SchemaClaim[] = [];
  const categories: string[] = [];
  const { maxClaims, maxCategoryLength } = contextvmLimits;
  for (const [name, value = '', tool = ''] of tags) {
    if (name === 'i' && isHex32(value) && tool !== '' && schemas.length < maxClaims)
      schemas.push({ hash: value, tool });
    if (name === 't' && value !== '' && value.length <= maxCategoryLength && categories.length < maxClaims)
      categories.push(value);
  }
  return { schemas, categories };
}

/**
 * Leaves out prose at every level. Of a property that is called `title` or `default` likewise: ContextVM's own hash
 * knows no difference, and a hash is worth something only where it is the same.
 */
function withoutProse(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each: unknown) => withoutProse(each));
  if (!isRecord(value)) return value;
  const { $ref } = value;
  if (typeof $ref === 'string' && !$ref.startsWith('#'))
    throw new DecodeError(
      'bad_schema',
      `a common schema stands by itself: $ref ${JSON.stringify($ref.slice(0, 64))} points elsewhere; write it out`,
    );
  const kept = Object.entries(value).filter(([key]) => !PROSE.has(key) && !key.startsWith('x-'));
  return Object.fromEntries(kept.map(([key, each]) => [key, withoutProse(each)]));
}
