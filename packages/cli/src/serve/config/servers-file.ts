import { findNodeAtLocation, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';

import { CliError, exitCodes } from '../../errors.ts';
import type { ServerEntry } from '../server-entry.ts';
import { EntryError, type ReadContext, readEntry } from './read-entry.ts';

/** What a file asks to serve. */
export interface ServersFile {
  servers: ReadonlyMap<string, ServerEntry>;
  /** Names of those that are switched off by `"disabled": true`. */
  disabled: readonly string[];
  /** What is wrong with the others, with file and line; by name. */
  problems: ReadonlyMap<string, string>;
}

/**
 * Reads `{"mcpServers": {…}}` as Claude, Cursor and others write it, or `{"servers": {…}}` as VS Code does, with
 * comments and trailing commas. What is wrong with one server is no concern of the others.
 * @throws {CliError} `config_file` when the file as a whole is of no use
 */
export function parseServersFile(text: string, context: ReadContext): ServersFile {
  const { path } = context;
  const errors: ParseError[] = [];
  const root = parseTree(text.replace(/^\uFEFF/, ' '), errors, { allowTrailingComma: true });
  const place = (offset: number): string => `${path}:${text.slice(0, offset).split('\n').length}`;
  const [error] = errors;
  if (error !== undefined || root === undefined) {
    // `CommaExpected` -> `comma expected`
    const reason = error === undefined ? 'it is empty' : splitWords(printParseErrorCode(error.error));
    throw configError(`${place(error?.offset ?? 0)}: it is no JSON (with comments): ${reason}`);
  }
  const all = findNodeAtLocation(root, ['mcpServers']) ?? findNodeAtLocation(root, ['servers']);
  if (all?.type !== 'object') {
    throw configError(
      `${place(all?.offset ?? 0)}: there are no servers in it`,
      'they are under "mcpServers", as in: {"mcpServers": {"files": {"command": "npx", "args": ["…"]}}}',
    );
  }
  const servers = new Map<string, ServerEntry>();
  const disabled: string[] = [];
  const problems = new Map<string, string>();
  const seen = new Set<string>();
  for (const { children: [key, value] = [] } of all.children ?? []) {
    if (key === undefined || value === undefined) continue;
    const name = String(key.value);
    try {
      checkName(name, key, seen);
      const entry = readEntry(value, context);
      if (entry === 'disabled') disabled.push(name);
      else servers.set(name, entry);
    } catch (cause) {
      if (!(cause instanceof EntryError)) throw cause;
      problems.set(name, `${place(cause.offset)}: ${JSON.stringify(name)} is not served: ${cause.message}`);
    }
  }
  return { servers, disabled, problems };
}

/** It is the name of the file of its key. */
function checkName(name: string, key: Node, seen: Set<string>): void {
  if (!/^[\p{L}\p{N}_][\p{L}\p{N}_ .@-]{0,63}$/u.test(name)) {
    throw new EntryError(
      key,
      'its name has to be 1 to 64 letters, digits, spaces and _ - . @, and cannot begin with a sign: its key file is called so',
    );
  }
  // Some file systems do not tell upper case from lower: two servers would have one key.
  const folded = name.toLowerCase();
  if (seen.has(folded))
    throw new EntryError(key, 'another server has the same name, upper and lower case aside');
  seen.add(folded);
}

function splitWords(code: string): string {
  return code.replace(/(?!^)[A-Z]/g, ' $&').toLowerCase();
}

export function configError(message: string, hint?: string, cause?: unknown): CliError {
  return new CliError('config_file', exitCodes.usage, message, {
    ...(hint === undefined ? {} : { hint }),
    cause,
  });
}
