import { isRecord } from './event.ts';

/**
 * JSON that is the same for equal values, whatever the order of their members (RFC 8785, JSON Canonicalization Scheme):
 * numbers and texts as `JSON.stringify` writes them, members in the order of their names' UTF-16 code units. An object
 * that is sorted and given to `JSON.stringify` would have names that are whole numbers first.
 * @throws {RangeError} for what is nested more deeply than the stack
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value))
    return `[${value.map((each) => (each === undefined ? 'null' : canonicalJson(each))).join(',')}]`;
  // `undefined` has no JSON, and a message that was read has none.
  if (!isRecord(value)) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, each]) => `${JSON.stringify(name)}:${canonicalJson(each)}`).join(',')}}`;
}
