import { Command, Option } from 'commander';

import { usageError } from '../errors.ts';
import { parseCount } from '../count-option.ts';
import { addFilterOptions, filterFrom, type FilterOptions } from '../filter/filter-options.ts';
import { checkKeyOption } from '../keys/key-source.ts';
import {
  addLogOptions,
  fileLogger,
  type LogOptions,
  type LogSettings,
  logSettings,
  stderrLogger,
} from '../log/log-options.ts';
import { plainText } from '../log/logger.ts';
import { collectRelays, relaysFromEnvironment } from '../relay-options.ts';
import { exitAfter, untilSignal } from '../shutdown.ts';
import { paintFor } from '../terminal.ts';
import { AuditFile } from '../audit/audit-file.ts';
import { addAuditOptions, auditFrom, type AuditOptions, type AuditSettings } from '../audit/audit-options.ts';
import { accessOf, type AccessOptions } from './access.ts';
import {
  addAnnounceOptions,
  announceFrom,
  type AnnounceCommandOptions,
} from './announce/announce-options.ts';
import { envOption, idleOption } from './child-options.ts';
import { collectKeys, takeLists } from './lists.ts';
import { defaultCallerHeader } from './http-server/request-headers.ts';
import { type EntryOptions, parseWords } from './parse-words.ts';
import { humanPrinter } from './print-human.ts';
import { jsonPrinter } from './print-json.ts';
import { logPrinter } from './print-log.ts';
import { qrCodeFor } from './qr-code.ts';
import { openServed, type Served, type ServeSettings } from './served.ts';
import { allPrinters, type ServePrinter } from './print-serve.ts';

interface ServeCommandOptions
  extends AccessOptions, AnnounceCommandOptions, AuditOptions, EntryOptions, FilterOptions, LogOptions {
  config?: string;
  relay?: string[];
  key?: string;
  encryption: ServeSettings['encryption'];
  refusals: ServeSettings['refusals'];
  maxConnections: number;
  injectIdentity?: boolean;
  commonSchema?: string[];
  contextvm: boolean;
  qr: boolean;
  json?: boolean;
}

/** Children get 2 s to end and the relays their farewell; what is left after this is killed. */
const CLOSE_LIMIT_MS = 3_000;

export function serveCommand(
  action: (words: string[], options: ServeCommandOptions) => void | Promise<void> = runServe,
): Command {
  const command = new Command('serve')
    .description(
      'Put an MCP server on Nostr: a program that speaks stdio, with a process for each connection, or the URL of a ' +
        'server that speaks Streamable HTTP, HTTP+SSE or WebSocket, with a session for each; or all servers of a file, ' +
        'each with a key of its own.',
    )
    .argument(
      '[server...]',
      'http(s)://host/mcp, ws(s)://host, or after -- the program and its arguments; with --config, names of its servers',
    )
    .option(
      '--config <file>',
      'serve what is under "mcpServers" (or "servers") in this file, as hosts write it; changes take effect at once',
    )
    .option(
      '--public',
      'whoever has the address may call (default: whom mcp-nostr allow or invite has let in)',
    )
    .option(
      '--allow <npub>',
      'this key may call too, while this runs: npub, nprofile or hex; can be repeated',
      collectKeys,
    )
    .addOption(
      new Option('--refusals <how>', 'whether keys that may not call are told so, and why, or hear nothing')
        .choices(['answer', 'silent'])
        .default('answer'),
    )
    .option(
      '--relay <url>',
      'relay to listen on; can be repeated (default: $MCP_NOSTR_RELAYS, else a few public ones)',
      collectRelays,
    )
    .option('--key <key>', "the server's key: its name, or its file, which is made when missing")
    .addOption(
      new Option('--encryption <mode>', 'what callers have to use')
        .choices(['required', 'optional', 'none'])
        .default('required'),
    )
    .option(
      '--max-connections <number>',
      'connections, and so processes, at a time, of each server',
      parseCount,
      50,
    )
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
    .option('--inject-identity', 'tell the server who calls in each request: params._meta.clientPubkey')
    .option(
      '--common-schema <tool>',
      'others offer this tool with the same schema: its list says so (CEP-15); can be repeated',
      (tool: string, earlier?: string[]) => [...(earlier ?? []), tool],
    )
    .option('--no-contextvm', 'clients of ContextVM are not served')
    .option('--no-qr', 'no QR code of the address')
    .option('--json', 'print events as JSON lines on stdout')
    .action((words: string[], options: ServeCommandOptions) => action(words, options));
  return addLogOptions(addAuditOptions(addFilterOptions(addAnnounceOptions(command))));
}

async function runServe(said: string[], written: ServeCommandOptions): Promise<void> {
  const [words, options] = takeLists(said, written);
  const { open, settings, given, log, audit: auditing } = readArguments(words, options, process.env);
  const printer = await openPrinter(options, log);
  const stopped = untilSignal();
  // However long what follows takes, or hangs.
  void stopped.then(() => exitAfter(CLOSE_LIMIT_MS));
  const relays = given ?? [...(await import('@mcp-nostr/client')).defaultLookupRelays];

  const audit = auditing && {
    ...auditing,
    file: new AuditFile({ path: auditing.path, onproblem: (message) => printer.problem(message) }),
  };
  const served = await open({ ...settings, relays, audit }, printer);
  // However this process ends, no child stays behind; after SIGKILL it is others that see to that.
  process.on('exit', () => served.kill());
  await stopped;
  await served.close();
  audit?.file.close();
}

interface ServeArguments {
  open: Open;
  settings: Omit<ServeSettings, 'relays' | 'audit'>;
  /** Relays, if any are named. */
  given: string[] | undefined;
  log: LogSettings;
  audit: AuditSettings | undefined;
}

/** All that can be wrong with the arguments is found here, before anything is opened. @throws {CliError} */
function readArguments(
  words: string[],
  options: ServeCommandOptions,
  env: NodeJS.ProcessEnv,
): ServeArguments {
  const { encryption, refusals, maxConnections, config, env: names, idle: idleMs, shared } = options;
  const access = accessOf(options);
  const log = logSettings(options);
  return {
    open: config === undefined ? oneServer(words, options, env) : serversOf(words, config, options),
    settings: {
      access,
      refusals,
      encryption,
      maxConnections,
      filter: filterFrom(options),
      announce: announceFrom(options, { isPublic: access.isPublic, isOneServer: config === undefined }),
      injectIdentity: options.injectIdentity === true,
      commonSchemas: options.commonSchema,
      contextvm: options.contextvm ? undefined : false,
      programs: { env: names, idleMs, shared },
      isTraced: log.level === 'trace',
      isAtTerminal:
        process.stderr.isTTY && log.format === 'text' && options.json !== true && config === undefined,
    },
    given: options.relay ?? relaysFromEnvironment(),
    log,
    audit: auditFrom(options),
  };
}

/**
 * Whether `serve` would start with these words, in an environment that has each variable that a header names.
 * @throws {CliError} or commander's own error
 */
export function checkServeWords(words: readonly string[]): void {
  const complete = new Proxy<NodeJS.ProcessEnv>({}, { get: () => 'x' });
  serveCommand((said, written) => void readArguments(...takeLists(said, written), complete))
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .parse(words, { from: 'user' });
}

/** Opens what the arguments name. */
type Open = (settings: ServeSettings, printer: ServePrinter) => Promise<Served>;

function oneServer(words: string[], options: ServeCommandOptions, env: NodeJS.ProcessEnv): Open {
  if (words.length === 0) {
    throw usageError(
      'there is nothing to serve',
      'a URL, or after -- a command, or --config <file>; as in: mcp-nostr serve --public -- node server.js',
    );
  }
  const entry = parseWords(words, options, env);
  const { key } = options;
  checkKeyOption(key);
  return (settings, printer) => openServed({ ...settings, entry, key, printer });
}

function serversOf(names: string[], path: string, options: ServeCommandOptions): Open {
  if (options.key !== undefined)
    throw usageError('--key is for one server', 'with --config each server has a key of its own');
  if (options.header !== undefined)
    throw usageError('--header is for one server', 'with --config headers are in the file, under "headers"');
  if (options.sse === true)
    throw usageError('--sse is for one server', 'with --config it is written in the file: "type": "sse"');
  const { callerHeader } = options;
  return async (settings, printer) => {
    const { openServersFile } = await import('./config/serve-file.ts');
    return openServersFile({ path, names, callerHeader, settings, printer });
  };
}

/** People or a log on stderr, with `--json` events on stdout, and the log file beside it. */
async function openPrinter(options: ServeCommandOptions, settings: LogSettings): Promise<ServePrinter> {
  const file = fileLogger(settings);
  const qrCode = options.qr ? await qrCodeFor(process.stderr) : undefined;
  const people =
    settings.format === 'json'
      ? logPrinter(stderrLogger(settings, plainText))
      : humanPrinter({
          write: (text) => void process.stderr.write(text),
          paint: paintFor(process.stderr),
          level: settings.level,
          ...(qrCode === undefined ? {} : { qrCode }),
        });
  const shown =
    options.json === true ? jsonPrinter((text) => void process.stdout.write(text), people) : people;
  return file === undefined ? shown : allPrinters(shown, logPrinter(file));
}
