/** Longer ones are a mistake; matching takes time in proportion to it. */
const MAX_GLOB_LENGTH = 256;

interface OneOf {
  readonly ranges: readonly (readonly [from: string, to: string])[];
  readonly isNegated: boolean;
}

/** A run of any characters, any single one, one of several, or this one. */
type Part = '*' | '?' | OneOf | { readonly char: string };

/**
 * A pattern for a whole name: `*`, `?`, `[abc]`, `[a-z]`, `[!a-z]`, all else stands for itself. Unlike in globs for
 * files, `*` crosses `/` and `:`, because URIs are matched too. It is no regular expression, so that no name that a
 * stranger sends makes it slow: the time is that of the pattern's length times the name's.
 */
export class Glob {
  readonly text: string;
  readonly #parts: readonly Part[];

  /** @throws {RangeError} */
  constructor(text: string) {
    if (text === '') throw new RangeError('a pattern cannot be empty; * matches every name');
    if (text.length > MAX_GLOB_LENGTH)
      throw new RangeError(`a pattern may have ${MAX_GLOB_LENGTH} characters`);
    this.text = text;
    this.#parts = parse(Array.from(text.normalize('NFC')));
  }

  matches(name: string, { ignoreCase = false }: { ignoreCase?: boolean } = {}): boolean {
    const parts = this.#parts;
    const chars = Array.from(name);
    let part = 0;
    let char = 0;
    // Where the last * was, and how much of the name it has taken: only it can take more when what follows fails.
    let star = -1;
    let taken = 0;
    while (char < chars.length) {
      if (parts[part] === '*') {
        star = part++;
        taken = char;
      } else if (matchesOne(parts[part], chars[char] ?? '', ignoreCase)) {
        part++;
        char++;
      } else if (star !== -1) {
        part = star + 1;
        char = ++taken;
      } else {
        return false;
      }
    }
    return parts.slice(part).every((rest) => rest === '*');
  }
}

function parse(chars: readonly string[]): Part[] {
  const parts: Part[] = [];
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i] ?? '';
    if (char === '*') {
      if (parts.at(-1) !== '*') parts.push('*');
    } else if (char === '?') {
      parts.push('?');
    } else if (char === '[') {
      const isNegated = chars[i + 1] === '!' || chars[i + 1] === '^';
      const start = i + (isNegated ? 2 : 1);
      // A bracket that comes first is meant itself, as in every shell.
      const end = chars.indexOf(']', start + 1);
      if (end === -1) throw new RangeError('[ has no ]; a bracket itself is written [[]');
      parts.push({ ranges: rangesOf(chars.slice(start, end)), isNegated });
      i = end;
    } else {
      parts.push({ char });
    }
  }
  return parts;
}

function rangesOf(chars: readonly string[]): OneOf['ranges'] {
  const ranges: [string, string][] = [];
  for (let i = 0; i < chars.length; i++) {
    const from = chars[i] ?? '';
    const to = chars[i + 1] === '-' ? chars[i + 2] : undefined;
    if (to !== undefined && codeOf(to) < codeOf(from))
      throw new RangeError(`the range ${from}-${to} is the wrong way round`);
    ranges.push([from, to ?? from]);
    if (to !== undefined) i += 2;
  }
  return ranges;
}

function matchesOne(part: Part | undefined, char: string, ignoreCase: boolean): boolean {
  if (part === undefined || part === '*') return false;
  if (part === '?') return true;
  const forms = ignoreCase ? [char, char.toLowerCase(), char.toUpperCase()] : [char];
  if ('char' in part) return forms.includes(part.char);
  const isIn = forms.some((form) =>
    part.ranges.some(([from, to]) => codeOf(from) <= codeOf(form) && codeOf(form) <= codeOf(to)),
  );
  return isIn !== part.isNegated;
}

function codeOf(char: string): number {
  return char.codePointAt(0) ?? 0;
}
