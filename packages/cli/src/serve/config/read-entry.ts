import { findNodeAtLocation, type Node } from 'jsonc-parser';

import { CliError } from '../../errors.ts';
import { hideSecret, hideSecretArguments, hideSecretVariables } from '../../log/redact.ts';
import { oneLine } from '../../terminal.ts';
import { isBasic } from '../child-environment.ts';
import { checkHeaders } from '../http-server/request-headers.ts';
import { isServerUrl, parseServerUrl } from '../http-server/server-url.ts';
import type { CommandEntry, ServerEntry, UrlEntry } from '../server-entry.ts';
import { readAnnounce } from './read-announce.ts';
import { type Expanded, expandVariables } from './variables.ts';

export interface ReadContext {
  /** The file, for messages. */
  path: string;
  callerHeader: string;
  env: NodeJS.ProcessEnv;
}

/** What is wrong with one server of the file. */
export class EntryError extends Error {
  override readonly name = 'EntryError';
  readonly code = 'config_entry';
  /** Of what is wrong, in the text of the file. */
  readonly offset: number;

  constructor(at: Node, message: string, options?: ErrorOptions) {
    super(message, options);
    this.offset = at.offset;
  }
}

/** What hosts call the ways in which a server is asked over the network. */
const urlTypes: Readonly<Record<string, UrlEntry['type']>> = {
  http: 'http',
  'streamable-http': 'http',
  streamable_http: 'http',
  streamableHttp: 'http',
  sse: 'sse',
  ws: 'ws',
  websocket: 'ws',
};

/**
 * One server of the file. Settings that are not known here are a host's own and stay unread.
 * @throws {EntryError}
 */
export function readEntry(node: Node, context: ReadContext): ServerEntry | 'disabled' {
  if (node.type !== 'object') throw new EntryError(node, 'it has to be an object with "command" or "url"');
  if (findNodeAtLocation(node, ['disabled'])?.value === true) return 'disabled';
  const command = findNodeAtLocation(node, ['command']);
  const url = findNodeAtLocation(node, ['url']);
  if (command !== undefined && url !== undefined)
    throw new EntryError(url, 'it has both "command" and "url"; keep the one that is meant');
  const announce = findNodeAtLocation(node, ['announce']);
  const announced = announce && { announce: readChecked(announce, readAnnounce) };
  if (url !== undefined) return { ...readUrl(node, url, context), ...announced };
  if (command !== undefined) return { ...readCommand(node, command, context), ...announced };
  throw new EntryError(node, 'it has neither "command", for a program, nor "url"');
}

function readCommand(node: Node, command: Node, { env }: ReadContext): CommandEntry {
  const args = findNodeAtLocation(node, ['args']);
  if (args !== undefined && args.type !== 'array') throw new EntryError(args, '"args" is not a list');
  const cwd = findNodeAtLocation(node, ['cwd']);
  const own: Record<string, string> = {};
  for (const [name, value] of members(node, 'env')) {
    const { text, used } = expand(value, env, `"env" ${name}`);
    // What is kept out of the file is a secret, unless it is `${HOME}` or the like.
    for (const [variable, secret] of used) if (!isBasic(variable)) hideSecret(secret);
    own[name] = text;
  }
  hideSecretVariables(own);
  const words = (args?.children ?? []).map((arg) => {
    const { text, used } = expand(arg, env, 'one of "args"');
    // `${HOME}/files` is no secret, `${API_TOKEN}` is.
    hideSecretVariables(Object.fromEntries(used));
    return text;
  });
  hideSecretArguments(words);
  return {
    kind: 'command',
    command: filled(command, expand(command, env, '"command"').text, '"command"'),
    args: words,
    env: own,
    cwd: cwd === undefined ? undefined : filled(cwd, expand(cwd, env, '"cwd"').text, '"cwd"'),
  };
}

function readUrl(node: Node, url: Node, { env, callerHeader }: ReadContext): UrlEntry {
  const { text } = expand(url, env, '"url"');
  if (!isServerUrl(text)) throw new EntryError(url, '"url" is neither an http(s) nor a ws(s) URL');
  const type = readUrlType(node, text);
  const headers = [...members(node, 'headers')].map(([name, value]) => {
    const expanded = expand(value, env, `"headers" ${name}`).text;
    hideSecret(expanded);
    return [name, expanded] as const;
  });
  return {
    kind: 'url',
    url: ofCommandLine(url, () => parseServerUrl(text)),
    type,
    headers: ofCommandLine(node, () => checkHeaders(headers, callerHeader, 'the header')),
    callerHeader,
  };
}

function readUrlType(node: Node, url: string): UrlEntry['type'] {
  const isWebSocket = /^wss?:/i.test(url);
  const written = findNodeAtLocation(node, ['type']) ?? findNodeAtLocation(node, ['transport']);
  if (written === undefined) return isWebSocket ? 'ws' : 'http';
  const name = String(written.value);
  const type = Object.hasOwn(urlTypes, name) ? urlTypes[name] : undefined;
  if (type === undefined || (type === 'ws') !== isWebSocket) {
    throw new EntryError(
      written,
      `${oneLine(JSON.stringify(name), 40)} does not go with its "url"; "http" and "sse" go with http(s), "ws" with ws(s)`,
    );
  }
  return type;
}

function readChecked<Value>(node: Node, read: (node: Node) => Value): Value {
  try {
    return read(node);
  } catch (error) {
    throw new EntryError(node, error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** What the arguments are checked with says what is wrong here too. */
function ofCommandLine<Value>(node: Node, parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    if (error instanceof CliError) throw new EntryError(node, error.message, { cause: error });
    throw error;
  }
}

function* members(node: Node, name: string): Generator<[name: string, value: Node]> {
  const object = findNodeAtLocation(node, [name]);
  if (object === undefined) return;
  if (object.type !== 'object') throw new EntryError(object, `"${name}" is not an object`);
  for (const { children: [key, value] = [] } of object.children ?? [])
    if (key !== undefined && value !== undefined) yield [String(key.value), value];
}

/** Numbers and booleans are taken as they are written: people write them in "env". */
function expand(node: Node, env: NodeJS.ProcessEnv, what: string): Expanded {
  if (node.type !== 'string' && node.type !== 'number' && node.type !== 'boolean')
    throw new EntryError(node, `${what} is not a text`);
  try {
    return expandVariables(String(node.value), env);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new EntryError(node, `${what}: ${reason}`, { cause: error });
  }
}

function filled(node: Node, text: string, what: string): string {
  if (text === '') throw new EntryError(node, `${what} is empty`);
  return text;
}
