import { isRecord } from '@mcp-nostr/core';

/** A JSON Schema that is an object; `true` and `false` are read as one that says nothing. */
export type Schema = Record<string, unknown>;

/** What the command line needs to know of a property: which JSON types it takes, and which values. */
export interface ValueShape {
  /** Names of JSON Schema types; empty when the schema does not say. */
  types: Set<string>;
  /** All values that are allowed; undefined when any value of the types is. */
  choices: unknown[] | undefined;
  /** Of the elements, when it takes arrays. */
  items: Schema | undefined;
}

/** Reads `type`, `enum`, `const`, `items` through `anyOf`, `oneOf`, `allOf` and local `$ref`s. */
export function shapeOf(schema: unknown, root: Schema): ValueShape {
  const shape: ValueShape = { types: new Set(), choices: undefined, items: undefined };
  let everyBranchHasChoices = true;
  for (const branch of branches(schema, root)) {
    const { type, items } = branch;
    for (const name of [type].flat()) if (typeof name === 'string') shape.types.add(name);
    if (isRecord(items)) shape.items ??= items;
    const choices = 'const' in branch ? [branch['const']] : branch['enum'];
    if (Array.isArray(choices)) {
      shape.choices = [...(shape.choices ?? []), ...choices];
      for (const choice of choices) shape.types.add(typeOf(choice));
    } else if (type === 'null') shape.choices?.push(null);
    else if (type !== undefined) everyBranchHasChoices = false;
  }
  if (!everyBranchHasChoices) shape.choices = undefined;
  return shape;
}

/** `string`, `number[]`, `"a"|"b"`, `string|null`, `any`: how an argument is described to a person. */
export function describeShape(schema: unknown, root: Schema, depth = 0): string {
  const { types, choices, items } = shapeOf(schema, root);
  if (choices !== undefined) return choices.map((choice) => JSON.stringify(choice)).join('|');
  if (types.size === 0) return 'any';
  const names = [...types].map((type) =>
    type === 'array' && items !== undefined && depth < 2
      ? `${describeShape(items, root, depth + 1)}[]`
      : type,
  );
  return names.join('|');
}

/** The properties of an object's schema. */
export function propertiesOf(root: Schema): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const { properties } of branches(root, root)) {
    if (isRecord(properties)) for (const [key, value] of Object.entries(properties)) found.set(key, value);
  }
  return found;
}

export function requiredOf(root: Schema): string[] {
  const { required } = root;
  return Array.isArray(required) ? required.filter((key) => typeof key === 'string') : [];
}

/** The schema's own level and those that it refers to or is composed of, each once: references may be circular. */
function branches(schema: unknown, root: Schema): Set<Schema> {
  const found = new Set<Schema>();
  const open = [schema];
  while (open.length > 0) {
    const next = open.pop();
    if (!isRecord(next) || found.has(next)) continue;
    found.add(next);
    const { anyOf, oneOf, allOf, $ref } = next;
    // The last is read first.
    open.push(resolve($ref, root));
    for (const list of [allOf, oneOf, anyOf]) if (Array.isArray(list)) open.push(...list.toReversed());
  }
  return found;
}

function resolve(reference: unknown, root: Schema): unknown {
  if (reference === '#') return root;
  if (typeof reference !== 'string' || !reference.startsWith('#/')) return undefined;
  let found: unknown = root;
  for (const step of reference.slice(2).split('/')) {
    // RFC 6901, section 4.
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    found = isRecord(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  }
  return found;
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
