import { secretKeySigner } from '@mcp-nostr/core';
import type { RelayState } from '@mcp-nostr/transport';
import { Command, Option } from 'commander';

import { parseCount } from '../count-option.ts';
import { usageError } from '../errors.ts';
import { addFilterOptions, filterFrom, type FilterOptions } from '../filter/filter-options.ts';
import { keyFileOption, loadSecretKey } from '../key-file.ts';
import { collectRelays, relaysFromEnvironment } from '../relay-options.ts';
import { exitAfter, untilSignal } from '../shutdown.ts';
import { oneLine, paintFor } from '../terminal.ts';
import { envOption, idleOption } from './child-options.ts';
import { duplexSource } from './duplex-server/duplex-source.ts';
import { filteredSource } from './filtered-source.ts';
import { findCommand } from './find-command.ts';
import { defaultCallerHeader, parseCallerHeader, parseHeaders } from './http-server/request-headers.ts';
import { isServerUrl, parseServerUrl, shownUrl } from './http-server/server-url.ts';
import { collectKeys, takeLists } from './lists.ts';
import { humanPrinter, jsonPrinter, type ServePrinter } from './print-serve.ts';
import { commandSource, type Source, urlSource } from './source.ts';

interface ServeCommandOptions extends FilterOptions {
  public?: boolean;
  allow?: string[];
  relay?: string[];
  key?: string;
  encryption: 'required' | 'optional' | 'none';
  maxConnections: number;
  sse?: boolean;
  header?: string[];
  callerHeader?: string;
  idle?: number;
  env?: string[];
  shared?: boolean;
  json?: boolean;
}

/** Children get 2 s to end and the relays their farewell; what is left after this is killed. */
const CLOSE_LIMIT_MS = 3_000;

export function serveCommand(): Command {
  const command = new Command('serve')
    .description(
      'Put an MCP server on Nostr: a program that speaks stdio, with a process for each connection, or the URL of a ' +
        'server that speaks Streamable HTTP, HTTP+SSE or WebSocket, with a session for each.',
    )
    .argument('<server...>', 'http(s)://host/mcp, ws(s)://host, or after -- the program and its arguments')
    .option('--public', 'whoever has the address may call')
    .option('--allow <npub>', 'this key may call: npub, nprofile or hex; can be repeated', collectKeys)
    .option(
      '--relay <url>',
      'relay to listen on; can be repeated (default: $MCP_NOSTR_RELAYS, else a few public ones)',
      collectRelays,
    )
    .option('--key <file>', "file of the server's key, made when missing")
    .addOption(
      new Option('--encryption <mode>', 'what callers have to use')
        .choices(['required', 'optional', 'none'])
        .default('required'),
    )
    .option('--max-connections <number>', 'connections, and so processes, at a time', parseCount, 50)
    .option('--sse', 'the URL is that of a server that speaks only HTTP+SSE of MCP 2024-11-05')
    .option('--shared', 'one process of the program for all connections')
    .addOption(idleOption())
    .addOption(envOption())
    .option(
      '--header <line>',
      "with a URL: 'Name: value' for each HTTP request, ${VARIABLE} from the environment; can be repeated",
      (line: string, earlier?: string[]) => [...(earlier ?? []), line],
    )
    .option(
      '--caller-header <name>',
      `with a URL: the header that tells the server who calls (default: ${defaultCallerHeader})`,
    )
    .option('--json', 'print events as JSON lines on stdout')
    .action(runServe);
  return addFilterOptions(command);
}

async function runServe(said: string[], given: ServeCommandOptions): Promise<void> {
  const [words, options] = takeLists(said, given);
  const allow = accessOf(options);
  const named = options.relay ?? relaysFromEnvironment();
  const target = targetOf(words, options);
  const keyFile = keyFileOption(options.key, 'server');
  const signer = secretKeySigner(await loadSecretKey(keyFile));
  const stopped = untilSignal();
  const relays = named ?? [...(await import('@mcp-nostr/client')).defaultLookupRelays];
  const { serve } = await import('@mcp-nostr/server');

  const printer = printerFor(options);
  const filter = filterFrom(options);
  const source = filteredSource(await target.open(printer), filter);
  // However this process ends no child stays behind; after SIGKILL it is others that see to that.
  process.on('exit', () => source.kill());

  const { encryption, maxConnections } = options;
  let early: RelayState[] | undefined = [];
  const server = await serve(
    {
      signer,
      relays,
      allow,
      encryption,
      maxConnections,
      // The first come before the server is there, and who reads the output wants its address first.
      onrelay: (state) => (early === undefined ? printer.relay(state) : early.push(state)),
      onrequest: (report) => printer.call(report),
      onerror: (error) => printer.problem(error.message),
    },
    source.open,
  );
  const { npub, address } = server;
  printer.ready({ npub, address, relays, command: target.words, keyFile, allow, filter });
  for (const state of early) printer.relay(state);
  early = undefined;
  await stopped;
  exitAfter(CLOSE_LIMIT_MS);
  await server.close();
  await source.close();
}

/** What is served, and how it is called in the output. */
interface Target {
  words: string[];
  open: (printer: ServePrinter) => Source | Promise<Source>;
}

function targetOf(
  words: string[],
  { sse = false, header, callerHeader, env, idle: idleMs, shared }: ServeCommandOptions,
): Target {
  const [first = ''] = words;
  if (isServerUrl(first)) {
    if (words.length > 1)
      throw usageError(`a URL was given, and more: ${oneLine(words.slice(1).join(' '), 100)}`);
    if (env !== undefined || idleMs !== undefined || shared !== undefined)
      throw usageError(
        '--env, --idle and --shared are for a program',
        'a server with a URL is started by somebody else',
      );
    const url = parseServerUrl(first);
    const name = parseCallerHeader(callerHeader ?? defaultCallerHeader);
    const headers = parseHeaders(header ?? [], name, process.env);
    const isWebSocket = url.protocol.startsWith('ws');
    if (sse && isWebSocket) throw usageError('--sse is for an http or https URL');
    const open = sse || isWebSocket ? duplexSource : urlSource;
    return {
      words: [shownUrl(url)],
      open: (printer) => open({ url, headers, callerHeader: name }, printer),
    };
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
  return { words, open: (printer) => commandSource(words, printer, { env, idleMs, shared }) };
}

/** Nobody is let in by default, and nobody by accident: it has to be said. */
function accessOf(options: ServeCommandOptions): 'public' | string[] {
  if (options.public === true && options.allow !== undefined) {
    throw usageError('--public and --allow contradict each other', 'give the one that is meant');
  }
  if (options.public === true) return 'public';
  if (options.allow !== undefined) return options.allow;
  throw usageError(
    'it was not said who may call',
    '--allow <npub> admits one key (repeat it for more), --public admits whoever has the address',
  );
}

function printerFor({ json }: ServeCommandOptions): ServePrinter {
  const people = humanPrinter((text) => void process.stderr.write(text), paintFor(process.stderr));
  return json === true ? jsonPrinter((text) => void process.stdout.write(text), people) : people;
}
