import { usageError } from '../errors.ts';
import { hideSecret, hideSecretArguments } from '../log/redact.ts';
import { oneLine } from '../terminal.ts';
import { findCommand } from './find-command.ts';
import { defaultCallerHeader, parseCallerHeader, parseHeaders } from './http-server/request-headers.ts';
import { isServerUrl, parseServerUrl } from './http-server/server-url.ts';
import type { ServerEntry } from './server-entry.ts';

/** What is said of a server with a URL, or of a program. */
export interface EntryOptions {
  sse?: boolean;
  env?: string[];
  idle?: number;
  shared?: boolean;
  header?: string[];
  callerHeader?: string;
}

/** The words after `serve`: a URL, or a program and its arguments. @throws {CliError} */
export function parseWords(
  words: readonly string[],
  { sse = false, header, callerHeader, env: names, idle, shared }: EntryOptions,
  env: NodeJS.ProcessEnv,
): ServerEntry {
  const [first = '', ...rest] = words;
  if (isServerUrl(first)) {
    if (rest.length > 0) throw usageError(`a URL was given, and more: ${oneLine(rest.join(' '), 100)}`);
    if (names !== undefined || idle !== undefined || shared !== undefined)
      throw usageError(
        '--env, --idle and --shared are for a program',
        'a server with a URL is started by somebody else',
      );
    const url = parseServerUrl(first);
    const name = parseCallerHeader(callerHeader ?? defaultCallerHeader);
    const headers = parseHeaders(header ?? [], name, env);
    for (const value of Object.values(headers)) hideSecret(value);
    const isWebSocket = url.protocol.startsWith('ws');
    if (sse && isWebSocket) throw usageError('--sse is for an http or https URL');
    return { kind: 'url', url, type: isWebSocket ? 'ws' : sse ? 'sse' : 'http', headers, callerHeader: name };
  }
  if (sse || header !== undefined || callerHeader !== undefined) {
    throw usageError(
      '--sse, --header and --caller-header are for a server with a URL',
      'a program finds the caller in its environment, in MCP_NOSTR_CALLER',
    );
  }
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(first)) {
    throw usageError(
      `${oneLine(first, 100)} is neither an http(s) nor a ws(s) URL`,
      'a server with a URL is served by its URL, as in https://host/mcp; any other by its command, after --',
    );
  }
  if (findCommand(first) === undefined) {
    throw usageError(
      `the command ${oneLine(first, 100)} was not found`,
      'write the program to serve after --, as in: mcp-nostr serve --public -- node server.js',
    );
  }
  hideSecretArguments(rest);
  return { kind: 'command', command: first, args: rest, env: {}, cwd: undefined };
}
