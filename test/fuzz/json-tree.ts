/**
 * JSON as it is written and not as it is read: with the same key twice, `__proto__`, numbers that no program writes,
 * and as deep as one likes.
 */
export type JsonTree = Entries | Items | Leaf;

interface Entries {
  entries: [key: string, value: JsonTree][];
}

interface Items {
  items: JsonTree[];
}

/** The text of a string, a number or a word; or of anything, word for word. */
interface Leaf {
  text: string;
}

export function toTree(value: unknown): JsonTree {
  if (Array.isArray(value)) return { items: value.map(toTree) };
  if (typeof value !== 'object' || value === null) return { text: JSON.stringify(value) ?? 'null' };
  return { entries: Object.entries(value).map(([key, each]) => [key, toTree(each)]) };
}

export function writeTree(tree: JsonTree): string {
  if ('text' in tree) return tree.text;
  if ('items' in tree) return `[${tree.items.map(writeTree).join(',')}]`;
  return `{${tree.entries.map(([key, value]) => `${JSON.stringify(key)}:${writeTree(value)}`).join(',')}}`;
}

/** The parts of a tree, itself first. */
export function partsOf(tree: JsonTree): JsonTree[] {
  if ('text' in tree) return [tree];
  const below = 'items' in tree ? tree.items : tree.entries.map(([, value]) => value);
  return [tree, ...below.flatMap(partsOf)];
}

/** Puts another in the place of a part. */
export function replacePart(tree: JsonTree, part: JsonTree, by: JsonTree): JsonTree {
  if (tree === part) return by;
  if ('text' in tree) return tree;
  if ('items' in tree) return { items: tree.items.map((each) => replacePart(each, part, by)) };
  return { entries: tree.entries.map(([key, value]) => [key, replacePart(value, part, by)]) };
}

/** What a string leaf says; undefined where it is none. */
export function stringIn(tree: JsonTree): string | undefined {
  if (!('text' in tree) || !tree.text.startsWith('"')) return undefined;
  try {
    return String(JSON.parse(tree.text));
  } catch {
    return undefined; // one that was broken on purpose
  }
}
