import { askAlive, discoverServers, type FoundServer, type Liveness } from '@mcp-nostr/client/discovery';
import type { RelayError } from '@mcp-nostr/transport';

import { CliError, exitCodes, usageError } from '../errors.ts';
import { oneLine, paintFor } from '../terminal.ts';
import { formatFound, foundLine, type ShownServer } from './print-found.ts';
import { whereToLook } from './where-to-look.ts';

export interface DiscoverCommandOptions {
  relay?: string[];
  schema?: string;
  alive?: boolean;
  encryption: 'required' | 'none';
  limit: number;
  timeout: number;
  json?: boolean;
}

/** Where the output is no terminal, and says nothing of its width. */
const USUAL_WIDTH = 100;

export async function runDiscover(words: readonly string[], options: DiscoverCommandOptions): Promise<void> {
  const { schema, limit, alive, encryption, json } = options;
  if (schema !== undefined && !/^[\da-f]{64}$/i.test(schema))
    throw usageError(
      '--schema takes the hash of a tool: 64 hex characters',
      'mcp-nostr info <address> --json shows those of a server',
    );
  const relays = whereToLook(options.relay);
  const timeoutMs = options.timeout * 1_000;
  const failures = new Map<string, RelayError>();
  const servers = await discoverServers({
    relays,
    words,
    schema,
    limit,
    timeoutMs,
    onrelay: (relay, failure) => {
      if (failure !== undefined) failures.set(relay, failure);
    },
  });
  note([...failures].map(([relay, { message }]) => `${relay}: ${oneLine(message, 100)}`));
  if (servers.length === 0) throw nothingFound(words, relays, schema);
  const answers =
    alive === true ? await askAlive(servers, { timeoutMs, encryption }) : new Map<FoundServer, Liveness>();
  const shown = servers
    .map((server) => ({ server, liveness: answers.get(server) }))
    .sort((a, b) => Number(b.liveness?.isAlive ?? false) - Number(a.liveness?.isAlive ?? false));
  if (json === true) for (const each of shown) process.stdout.write(foundLine(each));
  else print(shown, relays);
}

function print(shown: readonly ShownServer[], relays: readonly string[]): void {
  const paint = paintFor(process.stdout);
  const nowSeconds = Math.floor(Date.now() / 1_000);
  process.stdout.write(
    formatFound(shown, { paint, width: process.stdout.columns || USUAL_WIDTH, nowSeconds }),
  );
  const servers = shown.length === 1 ? '1 server' : `${shown.length} servers`;
  note([
    `${servers} on ${relays.length === 1 ? '1 relay' : `${relays.length} relays`}; anybody can announce anything`,
    'mcp-nostr info <address> says more, call <address> lists the tools',
  ]);
}

function nothingFound(
  words: readonly string[],
  relays: readonly string[],
  schema: string | undefined,
): CliError {
  const what =
    schema !== undefined
      ? 'with this schema '
      : words.length > 0
        ? `about ${oneLine(words.join(' '), 80)} `
        : '';
  return new CliError(
    'nothing_found',
    exitCodes.unreachable,
    `no server ${what}is announced on ${relays.join(', ')}`,
    {
      hint:
        words.length > 1
          ? 'fewer words find more: all of them have to occur; --relay <url> looks elsewhere'
          : '--relay <url> looks elsewhere; a server that is not announced can be called all the same by who has its address',
    },
  );
}

function note(lines: readonly string[]): void {
  const paint = paintFor(process.stderr);
  for (const line of lines) process.stderr.write(`${paint('dim', `── ${line}`)}\n`);
}
