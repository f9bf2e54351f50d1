import { statSync } from 'node:fs';
import { resolve } from 'node:path';

import { oneLine } from '../terminal.ts';
import type { EntryAnnounce } from './announce/announce-options.ts';
import { findCommand } from './find-command.ts';
import { duplexSource } from './duplex-server/duplex-source.ts';
import { shownUrl } from './http-server/server-url.ts';
import type { SourcePrinter } from './print-serve.ts';
import { commandSource, type CommandOptions, type Source, urlSource } from './source.ts';

/** How programs are kept. */
export type ProgramSettings = Pick<CommandOptions, 'env' | 'idleMs' | 'shared'>;

/** A program that speaks stdio. */
export interface CommandEntry {
  kind: 'command';
  command: string;
  args: readonly string[];
  /** In addition to our own environment. */
  env: Readonly<Record<string, string>>;
  cwd: string | undefined;
  announce?: EntryAnnounce;
}

/** A server that is asked over the network. */
export interface UrlEntry {
  kind: 'url';
  url: URL;
  /** Streamable HTTP, HTTP+SSE of MCP 2024-11-05, or WebSocket. */
  type: 'http' | 'sse' | 'ws';
  headers: Readonly<Record<string, string>>;
  /** The name of the header that says who calls. */
  callerHeader: string;
  announce?: EntryAnnounce;
}

/** A server to put on Nostr, from the command line or from a file. */
export type ServerEntry = CommandEntry | UrlEntry;

/** `programs` holds for whatever is started. */
export async function sourceOf(
  entry: ServerEntry,
  printer: SourcePrinter,
  programs: ProgramSettings,
): Promise<Source> {
  if (entry.kind === 'url') return (entry.type === 'http' ? urlSource : duplexSource)(entry, printer);
  return commandSource([entry.command, ...entry.args], printer, {
    ...programs,
    own: entry.env,
    cwd: entry.cwd,
  });
}

/** How the server is called in the output. */
export function shownEntry(entry: ServerEntry): string[] {
  return entry.kind === 'url' ? [shownUrl(entry.url)] : [entry.command, ...entry.args];
}

/**
 * Whether a program is there to be started, so that this is known before somebody calls.
 * @throws {Error} whose message says what is missing
 */
export function checkEntry(entry: ServerEntry): void {
  if (entry.kind !== 'command') return;
  const { command, env, cwd } = entry;
  if (cwd !== undefined && statSync(cwd, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new Error(`its folder ${oneLine(cwd, 200)} is not there`);
  const path = command.includes('/') ? resolve(cwd ?? '.', command) : command;
  if (findCommand(path, { ...process.env, ...env }) === undefined)
    throw new Error(`its command ${oneLine(command, 100)} was not found; install it or correct the command`);
}
