import { formatNpub, type JsonRpcMessage } from '@mcp-nostr/core';
import { Command, Option } from 'commander';

import type { ClientTransport, Log, OpenTransport } from '../client-transport.ts';
import { usageError } from '../errors.ts';
import type { Filter } from '@mcp-nostr/core/filter';
import { addFilterOptions, filterFrom, type FilterOptions } from '../filter/filter-options.ts';
import { filtered } from '../filter/filtered-transport.ts';
import { collectOrigins, DEFAULT_PORT, listeningOptions } from '../http-listener/http-options.ts';
import { checkKeyOption } from '../keys/key-source.ts';
import { openSigner } from '../keys/open-signer.ts';
import { addLogOptions, type LogOptions, logSettings, openLog } from '../log/log-options.ts';
import { type LogRecord, plainText } from '../log/logger.ts';
import { traceMessages } from '../log/trace-messages.ts';
import { type PinMode, pinOption } from '../pins/pin-options.ts';
import { parsePort } from '../port-option.ts';
import { collectRelays } from '../relay-options.ts';
import { exitAfter, type StopSignal, untilSignal } from '../shutdown.ts';
import { oneLine, shortNpub } from '../terminal.ts';
import { Handover } from './handover.ts';
import { HostBridge } from './host-bridge.ts';
import { openJoined } from './joined/open-joined.ts';
import { keyOf, resolveUpstreams, shownServer } from './joined/resolve-upstreams.ts';
import { parseUpstreamWords, type UpstreamWord } from './joined/upstream-words.ts';
import { NameWatch } from './name-watch.ts';
import { openNostr } from './open-nostr.ts';
import { StdioHost } from './stdio-host.ts';
import { guardStdout } from './stdout-guard.ts';
import { sessionOption } from '../sessions/session-option.ts';
import { survive } from './survive.ts';

interface ConnectCommandOptions extends FilterOptions, LogOptions {
  relay?: string[];
  key?: string;
  encryption: 'required' | 'none';
  pins: PinMode;
  session?: number;
  http?: number | true;
  sse?: number | true;
  ws?: number | true;
  token: boolean;
  cors?: string[];
}

/** From the first word of the end the process has this long, whatever hangs. */
const EXIT_LIMIT_MS = 1_800;
/** The server is told goodbye, if that is quick. */
const CLOSE_LIMIT_MS = 1_000;

/** A remote signer that is there has answered by then. */
const SIGNER_PATIENCE_MS = 2_000;

type ConnectAction = (words: string[], options: ConnectCommandOptions) => void | Promise<void>;

export function connectCommand(action: ConnectAction = runConnect): Command {
  const command = new Command('connect')
    .description(
      'Give an MCP host (Claude, Cursor, VS Code, …) a server on Nostr as if it were a local stdio server, ' +
        'or as a local server that speaks Streamable HTTP, HTTP+SSE or WebSocket.',
    )
    .argument(
      '<address...>',
      'name, nprofile, npub, hex or name@domain; of several servers, each as name=address or address',
    )
    .option(
      '--relay <url>',
      "use this relay instead of the nprofile's, or look up a bare key here; can be repeated",
      collectRelays,
    )
    .option('--key <key>', 'key to connect as: its name, or its file, which is made when missing')
    .addOption(new Option('--encryption <mode>').choices(['required', 'none']).default('required'))
    .addOption(pinOption())
    .addOption(sessionOption())
    .option(
      '--http [port]',
      `listen on http://127.0.0.1:${DEFAULT_PORT}/mcp instead, or on this port; 0 takes a free one`,
      parsePort,
    )
    .option('--sse [port]', 'the same for HTTP+SSE of MCP 2024-11-05, at /sse', parsePort)
    .option('--ws [port]', 'the same for WebSocket, at /ws; the three share a port', parsePort)
    .option('--no-token', 'with those: let every program on this machine call, without a bearer token')
    .option(
      '--cors <origin>',
      'with those: let web pages of this origin call; can be repeated',
      collectOrigins,
    )
    .action((words: string[], options: ConnectCommandOptions) => action(words, options));
  return addLogOptions(addFilterOptions(command));
}

/** What `connect` is told by its words. */
export interface ConnectWords {
  upstreams: UpstreamWord[];
  filter: Filter | undefined;
  /** Whether it would listen on a port; without, it speaks to a host over stdio. */
  listens: boolean;
}

/** @throws {CliError} or commander's own error, where it would end at once */
export function readConnectWords(words: readonly string[]): ConnectWords {
  const read: ConnectWords[] = [];
  connectCommand((said, options) => {
    logSettings(options);
    checkKeyOption(options.key);
    const listens = listeningOptions(options) !== undefined;
    read.push({ upstreams: parseUpstreamWords(said), filter: filterFrom(options), listens });
  })
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .parse(words, { from: 'user' });
  const [only] = read;
  if (only === undefined) throw usageError('connect would do nothing with these words');
  return only;
}

async function runConnect(words: string[], options: ConnectCommandOptions): Promise<void> {
  const listening = listeningOptions(options);
  if (listening === undefined && (!options.token || options.cors !== undefined))
    throw usageError(
      '--no-token and --cors are for --http, --sse and --ws',
      'mcp-nostr connect <address> --http',
    );
  const parsed = parseUpstreamWords(words);
  // Before anything that is not ours runs: whatever it prints must not reach the host.
  const write = guardStdout();
  const logging = logSettings(options);
  const say = openLog(logging, logLine);
  const log = (line: string): void => say('info', line);
  survive((line) => say('error', line));
  const stopped = untilSignal();
  // However long what follows takes, or hangs.
  void stopped.then(() => exitAfter(EXIT_LIMIT_MS));
  // Heard from the start: it may leave while a key waits for its signer.
  const heard = new Handover<JsonRpcMessage>();
  const side = listening ?? new StdioHost({ input: process.stdin, write, onmessage: heard.push });
  if (side instanceof StdioHost) void side.ended.then(() => exitAfter(EXIT_LIMIT_MS));
  const upstreams = await resolveUpstreams(parsed);
  const given = options.key ?? keyOf(upstreams);
  const late = setTimeout(() => log('waiting for the signer that holds the key'), SIGNER_PATIENCE_MS);
  const key = await openSigner({ given, role: 'client' }).finally(() => clearTimeout(late));
  const client = await import('@mcp-nostr/client');

  const us = shortNpub(formatNpub(key.pubkey));
  for (const { server } of upstreams) log(`connecting to ${shownServer(server)} as ${us}`);
  const names = new NameWatch(upstreams, say);
  const nostr = openNostr({ Transport: client.NostrClientTransport, key, options, say });
  const filter = filterFrom(options);
  const openAll = (isHost: boolean): OpenTransport => {
    const opens = upstreams.map((each) => {
      const open = nostr(each, isHost);
      return { prefix: each.prefix, open: options.pins === 'block' ? names.guard(each, open) : open };
    });
    const open = filtered(openJoined(opens, log), filter);
    if (logging.level !== 'trace') return open;
    return () => traceMessages<ClientTransport>(open(), (line) => say('trace', line));
  };
  const openHost = openAll(true);
  if (side instanceof StdioHost) return runStdio(side, heard, { open: openHost, stopped, log });
  const { runHttpListener } = await import('../http-listener/run-http-listener.ts');
  return runHttpListener({
    // Its sessions answer with HTTP's own statuses where the server cannot.
    open: openAll(false),
    openHost,
    ...side,
    token: options.token,
    corsOrigins: options.cors ?? [],
    stopped,
    log,
  });
}

interface Stdio {
  open: OpenTransport;
  stopped: Promise<StopSignal>;
  log: Log;
}

async function runStdio(
  host: StdioHost,
  heard: Handover<JsonRpcMessage>,
  { open, stopped, log }: Stdio,
): Promise<void> {
  const bridge = new HostBridge({ open, onmessage: (message) => host.send(message), onlog: log });
  heard.to((message) => bridge.receive(message));
  await Promise.race([host.ended, stopped]);
  exitAfter(CLOSE_LIMIT_MS);
  process.stdin.destroy();
  await bridge.close();
}

/** Hosts show it among the lines of others. */
function logLine(record: LogRecord): string {
  return `mcp-nostr: ${oneLine(plainText(record), 500)}`;
}
