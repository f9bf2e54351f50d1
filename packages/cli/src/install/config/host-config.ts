import { isDeepStrictEqual } from 'node:util';

import { isRecord } from '@mcp-nostr/core';

import { CliError } from '../../errors.ts';
import type { Host } from '../hosts.ts';
import type { HostEntry } from '../own-entry.ts';
import type { ConfigFormat, Place } from './config-format.ts';
import { hostConfigError } from './host-config-error.ts';
import { jsonc } from './jsonc.ts';
import { toml } from './toml.ts';

const formats: Record<Host['format'], ConfigFormat> = { jsonc, toml };
const BYTE_ORDER_MARK = '\uFEFF';

type HostFormat = Pick<Host, 'format' | 'container'>;

/**
 * The servers of a host's configuration by name, as they are parsed.
 * @throws {CliError} `host_config` for a text that does not parse
 */
export function hostEntries({ format, container }: HostFormat, text: string): Record<string, unknown> {
  const list = formats[format].parse(withoutMark(text))[container];
  return isRecord(list) ? list : {};
}

/** The text with this server in it. @throws {CliError} `host_config` when that cannot be done without harm */
export function withEntry(
  { format, container }: HostFormat,
  text: string,
  name: string,
  entry: HostEntry,
): string {
  const place = { container, name };
  return edit(text, place, {
    editor: formats[format],
    change: (editor, body) => editor.set(body, place, entry),
    isDone: (server) =>
      isRecord(server) &&
      Object.entries(entry).every(([key, value]) => isDeepStrictEqual(server[key], value)),
  });
}

/** The text without this server. @throws {CliError} `host_config` when that cannot be done without harm */
export function withoutEntry({ format, container }: HostFormat, text: string, name: string): string {
  const place = { container, name };
  return edit(text, place, {
    editor: formats[format],
    change: (editor, body) => editor.remove(body, place),
    isDone: (server) => server === undefined,
  });
}

interface Edit {
  editor: ConfigFormat;
  change: (editor: ConfigFormat, body: string) => string;
  /** Whether this is what it was about. */
  isDone: (server: unknown) => boolean;
}

/** Whatever a change has done to the text: it has to be the one that was wanted, and all else has to mean what it meant. */
function edit(text: string, place: Place, { editor, change, isDone }: Edit): string {
  const body = withoutMark(text);
  const before = editor.parse(body);
  const changed = change(editor, body);
  const after = parsed(changed, editor);
  const list = after?.[place.container];
  const isRight = isDone(isRecord(list) && Object.hasOwn(list, place.name) ? list[place.name] : undefined);
  if (after === undefined || !isRight || !isDeepStrictEqual(others(before, place), others(after, place))) {
    throw hostConfigError(
      `"${place.name}" cannot be changed in it without changing something else`,
      'change it by hand: mcp-nostr install <address> --print shows what to write',
    );
  }
  return text.slice(0, text.length - body.length) + changed;
}

/** Undefined for what an edit has broken: the lines of that are not those of the file. */
function parsed(text: string, editor: ConfigFormat): Record<string, unknown> | undefined {
  try {
    return editor.parse(text);
  } catch (error) {
    if (error instanceof CliError) return undefined;
    throw error;
  }
}

/** Everything but the one server. A list that the edit has made or emptied is no difference. */
function others(document: Record<string, unknown>, { container, name }: Place): unknown {
  const list = document[container];
  if (list !== undefined && !isRecord(list)) return document;
  const { [name]: _, ...entries } = list ?? {};
  return { ...document, [container]: entries };
}

/** Windows' editors put one in front; it is no part of the format. */
function withoutMark(text: string): string {
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}
