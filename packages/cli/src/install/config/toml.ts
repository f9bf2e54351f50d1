import { isDeepStrictEqual } from 'node:util';

import { isRecord } from '@mcp-nostr/core';
import { parse, stringify, TomlError } from 'smol-toml';

import type { ConfigFormat, Place } from './config-format.ts';
import { hostConfigError } from './host-config-error.ts';

/**
 * Servers as `[mcp_servers.name]` in TOML. There is no editor that keeps comments, so tables are added, changed and removed as
 * lines; what a line means is always asked of the parser.
 */
export const toml: ConfigFormat = {
  parse(text) {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof TomlError)) throw error;
      const reason = error.message.split('\n')[0]?.replace(/^Invalid TOML document: /, '') ?? '';
      throw hostConfigError(`line ${error.line} is no TOML: ${reason}`, undefined, error);
    }
  },

  set(text, place, entry) {
    const eol = text.includes('\r\n') ? '\r\n' : '\n';
    const lines = linesOf(text);
    const table = tablesOf(lines).find(({ path }) => isDeepStrictEqual(path, [place.container, place.name]));
    if (table === undefined) {
      if (isThere(toml.parse(text), place)) throw notATable(place);
      const gap = text === '' ? '' : text.endsWith('\n') ? eol : eol + eol;
      const header = `[${place.container}.${bareKey(place.name)}]${eol}`;
      return `${text}${gap}${header}${assignments(entry, eol)}`;
    }
    const wanted = new Map(Object.entries(entry));
    const body = statementsOf(lines.slice(table.start + 1, table.end)).map(({ key, text: former }) => {
      const value = key === undefined ? undefined : wanted.get(key);
      if (key === undefined || value === undefined) return former;
      wanted.delete(key);
      const same = isDeepStrictEqual(parse(former)[key], value);
      return same ? former : assignments({ [key]: value }, eol);
    });
    const header = lines[table.start] ?? '';
    const missing = assignments(Object.fromEntries(wanted), eol);
    return [...lines.slice(0, table.start), header, missing, ...body, ...lines.slice(table.end)].join('');
  },

  remove(text, place) {
    const lines = linesOf(text);
    const own = tablesOf(lines).filter(({ path }) => path[0] === place.container && path[1] === place.name);
    if (own.length === 0) {
      if (isThere(toml.parse(text), place)) throw notATable(place);
      return text;
    }
    for (const { start, end } of own.toReversed()) {
      const statements = statementsOf(lines.slice(start + 1, end));
      // Comments behind the last value belong to what comes next.
      const last = statements.findLastIndex(({ key }) => key !== undefined);
      const count = statements.slice(0, last + 1).reduce((sum, statement) => sum + statement.lines, 0);
      const gap = lines[start - 1]?.trim() === '' ? 1 : 0;
      lines.splice(start - gap, gap + 1 + count);
    }
    return lines.join('');
  },
};

interface Table {
  path: string[];
  /** The line of its header. */
  start: number;
  /** The line behind its last. */
  end: number;
}

/** Tables by the lines that look like a header. One in the middle of a text is found out when the result is compared. */
function tablesOf(lines: readonly string[]): Table[] {
  const headers = lines.flatMap((line, start) => {
    const path = /^\s*\[/.test(line) ? headerPath(line) : undefined;
    return path === undefined ? [] : [{ path, start }];
  });
  return headers.map((header, index) => ({ ...header, end: headers[index + 1]?.start ?? lines.length }));
}

/** `[a."b".c]` is a document of its own: `{a: {b: {c: {}}}}` */
function headerPath(line: string): string[] | undefined {
  let value: unknown = tryParse(line);
  if (value === undefined) return undefined;
  const path: string[] = [];
  while (isRecord(value) || Array.isArray(value)) {
    const [key, inner] = Object.entries(value)[0] ?? [];
    if (key === undefined) break;
    if (!Array.isArray(value)) path.push(key);
    value = inner;
  }
  return path;
}

interface Statement {
  /** The key that it sets; a comment or an empty line has none. */
  key?: string;
  text: string;
  lines: number;
}

/** A value can take several lines: it is over when the lines so far parse. */
function statementsOf(lines: readonly string[]): Statement[] {
  const statements: Statement[] = [];
  let open = '';
  let count = 0;
  for (const line of lines) {
    open += line;
    count += 1;
    const value = tryParse(open);
    if (value === undefined) continue;
    const key = Object.keys(value)[0];
    statements.push({ ...(key === undefined ? {} : { key }), text: open, lines: count });
    open = '';
    count = 0;
  }
  return open === '' ? statements : [...statements, { text: open, lines: count }];
}

function tryParse(text: string): Record<string, unknown> | undefined {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof TomlError) return undefined;
    throw error;
  }
}

function isThere(document: Record<string, unknown>, { container, name }: Place): boolean {
  const list = document[container];
  return isRecord(list) && Object.hasOwn(list, name);
}

function notATable({ container, name }: Place): Error {
  return hostConfigError(
    `"${name}" is there, and not as a table [${container}.${name}] of its own`,
    'change it by hand, or give another name with --name',
  );
}

function assignments(values: object, eol: string): string {
  if (Object.keys(values).length === 0) return '';
  return `${stringify(values).trimEnd().replaceAll('\n', eol)}${eol}`;
}

function bareKey(name: string): string {
  return /^[\w-]+$/.test(name) ? name : JSON.stringify(name);
}

/** Each with its line break. */
function linesOf(text: string): string[] {
  return text.split(/(?<=\n)/);
}
