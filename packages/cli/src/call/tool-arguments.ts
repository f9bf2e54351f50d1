import { isRecord } from '@mcp-nostr/core';

import { usageError } from '../errors.ts';
import { harmless } from '../terminal.ts';
import { describeShape, propertiesOf, requiredOf, type Schema, shapeOf } from './schema.ts';

export interface ToolArgumentsInput {
  /** `key=value`, `key:=json` or `key=@file`. */
  words: readonly string[];
  /** `--args`: what the words add to and override. */
  given?: Record<string, unknown> | undefined;
  readFile: (path: string) => string;
}

/** JSON's numbers, and also what people write: `+1`, `.5`, `012`. */
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * A tool's arguments from the command line, each typed as its schema says and never guessed: `012` for a string stays
 * `012`.
 * @throws {CliError} `usage`, with the arguments that the tool takes
 */
export function toolArguments(schema: Schema, input: ToolArgumentsInput): Record<string, unknown> {
  const properties = propertiesOf(schema);
  const takesMore = isRecord(schema['additionalProperties']) || schema['additionalProperties'] === true;
  const values = new Map<string, unknown>(Object.entries(input.given ?? {}));
  const seen = new Set<string>();
  const refuse = (problem: string): Error => usageError(problem, describeArguments(schema));

  for (const word of input.words) {
    const { key, operator, text } = splitWord(word, refuse);
    const property = properties.get(key) ?? (takesMore ? schema['additionalProperties'] : undefined);
    if (property === undefined) throw refuse(`the tool takes no argument ${key}`);
    const value =
      operator === ':='
        ? parseJson(key, text, refuse)
        : operator === '=@'
          ? readText(key, text, input.readFile, refuse)
          : typedValue(key, text, property, schema, refuse);
    const earlier = values.get(key);
    if (!seen.has(key)) values.set(key, value);
    else if (Array.isArray(earlier) && Array.isArray(value)) values.set(key, [...earlier, ...value]);
    else throw refuse(`${key} was given twice`);
    seen.add(key);
  }
  const missing = requiredOf(schema).filter((key) => !values.has(key));
  if (missing.length > 0) throw refuse(`the tool also needs ${missing.join(', ')}`);
  return Object.fromEntries(values);
}

/** `it takes message*: string, loud: boolean (* is required)` */
function describeArguments(schema: Schema): string {
  const list = argumentList(schema);
  return list.length === 0 ? 'it takes no arguments' : `it takes ${list.join(', ')} (* is required)`;
}

/** `message*: string`; names come from the server and are shown without control characters. */
export function argumentList(schema: Schema): string[] {
  const required = new Set(requiredOf(schema));
  return [...propertiesOf(schema)].map(([key, property]) =>
    harmless(`${key}${required.has(key) ? '*' : ''}: ${describeShape(property, schema)}`),
  );
}

type Refuse = (problem: string) => Error;

function splitWord(word: string, refuse: Refuse): { key: string; operator: '=' | ':=' | '=@'; text: string } {
  const at = word.indexOf('=');
  if (at < 1) throw refuse(`${JSON.stringify(word)} is not of the form key=value`);
  if (word[at - 1] === ':' && at > 1)
    return { key: word.slice(0, at - 1), operator: ':=', text: word.slice(at + 1) };
  const operator = word[at + 1] === '@' ? '=@' : '=';
  return { key: word.slice(0, at), operator, text: word.slice(at + operator.length) };
}

function typedValue(key: string, text: string, property: unknown, root: Schema, refuse: Refuse): unknown {
  const { types, choices, items } = shapeOf(property, root);
  if (choices !== undefined) {
    const found = choices.find(
      (choice) => text === (typeof choice === 'string' ? choice : JSON.stringify(choice)),
    );
    if (found !== undefined) return found;
    throw refuse(`${key} is one of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`);
  }
  if (types.has('null') && text === 'null') return null;
  if (types.has('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  if ((types.has('number') || types.has('integer')) && NUMBER.test(text)) {
    const number = Number(text);
    const fits = types.has('number') ? Number.isFinite(number) : Number.isSafeInteger(number);
    if (fits) return number;
  }
  if (types.has('object') && text.startsWith('{')) return parseJson(key, text, refuse);
  if (types.has('array') && text.startsWith('[')) return parseJson(key, text, refuse);
  if (types.has('string') || types.size === 0) return text;
  // One element; the key again adds the next.
  if (types.has('array')) return [typedValue(key, text, items ?? {}, root, refuse)];
  throw refuse(`${key} has to be ${[...types].join(' or ')}, and ${JSON.stringify(text)} is not`);
}

function parseJson(key: string, text: string, refuse: Refuse): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refuse(`the value of ${key} is not JSON: ${error instanceof Error ? error.message : ''}`);
  }
}

function readText(key: string, path: string, readFile: (path: string) => string, refuse: Refuse): string {
  try {
    return readFile(path);
  } catch (error) {
    throw refuse(`the file for ${key} cannot be read: ${error instanceof Error ? error.message : ''}`);
  }
}
