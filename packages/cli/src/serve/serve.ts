import { basename } from 'node:path';

import { parseAddress, secretKeySigner } from '@mcp-nostr/core';
import type { Caller } from '@mcp-nostr/server';
import type { RelayState } from '@mcp-nostr/transport';
import { Command, InvalidArgumentError, Option } from 'commander';

import { usageError } from '../errors.ts';
import { keyFileOption, loadSecretKey } from '../key-file.ts';
import { collectRelays, relaysFromEnvironment } from '../relay-options.ts';
import { exitAfter, untilSignal } from '../shutdown.ts';
import { oneLine, paintFor } from '../terminal.ts';
import { childEnvironment } from './child-environment.ts';
import { ChildServer } from './child-server.ts';
import { findCommand } from './find-command.ts';
import { humanPrinter, jsonPrinter, type ServePrinter } from './print-serve.ts';

interface ServeCommandOptions {
  public?: boolean;
  allow?: string[];
  relay?: string[];
  key?: string;
  encryption: 'required' | 'optional' | 'none';
  maxConnections: number;
  json?: boolean;
}

/** Children get 2 s to end and the relays their farewell; what is left after this is killed. */
const CLOSE_LIMIT_MS = 3_000;

export function serveCommand(): Command {
  return new Command('serve')
    .description('Put a stdio MCP server on Nostr. Each connection gets a process of its own.')
    .argument('<command...>', 'the server and its arguments, after --')
    .option('--public', 'whoever has the address may call')
    .option(
      '--allow <npub...>',
      'only these keys may call: npub, nprofile or hex; can be repeated',
      collectKeys,
    )
    .option(
      '--relay <url...>',
      'relays to listen on (default: $MCP_NOSTR_RELAYS, else a few public ones)',
      collectRelays,
    )
    .option('--key <file>', "file of the server's key, made when missing")
    .addOption(
      new Option('--encryption <mode>', 'what callers have to use')
        .choices(['required', 'optional', 'none'])
        .default('required'),
    )
    .option('--max-connections <number>', 'connections, and so processes, at a time', parseCount, 50)
    .option('--json', 'print events as JSON lines on stdout')
    .action(runServe);
}

async function runServe([command = '', ...args]: string[], options: ServeCommandOptions): Promise<void> {
  const allow = accessOf(options);
  const given = options.relay ?? relaysFromEnvironment();
  if (findCommand(command) === undefined) {
    throw usageError(
      `the command ${oneLine(command, 100)} was not found`,
      'write the program to serve after --, as in: mcp-nostr serve --public -- node server.js',
    );
  }
  const keyFile = keyFileOption(options.key, 'server');
  const signer = secretKeySigner(await loadSecretKey(keyFile));
  const stopped = untilSignal();
  const relays = given ?? [...(await import('@mcp-nostr/client')).defaultLookupRelays];
  const { serve } = await import('@mcp-nostr/server');

  const printer = printerFor(options);
  const children = new Set<ChildServer>();
  // However this process ends, short of SIGKILL, no child stays behind.
  process.on('exit', () => {
    for (const child of children) child.kill();
  });
  const startChild = ({ npub, connectionId }: Caller): ChildServer => {
    const source = `${oneLine(basename(command), 20)} ${connectionId.slice(0, 4)}`;
    const child = new ChildServer({
      command,
      args,
      env: childEnvironment(process.env, npub),
      onlog: (line) => printer.log(source, line),
      ongone: () => children.delete(child),
    });
    children.add(child);
    return child;
  };

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
    startChild,
  );
  const { npub, address } = server;
  printer.ready({ npub, address, relays, command: [command, ...args], keyFile, allow });
  for (const state of early) printer.relay(state);
  early = undefined;
  await stopped;
  exitAfter(CLOSE_LIMIT_MS);
  await server.close();
  await Promise.all([...children].map((child) => child.close()));
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

/** A commander parser of `--allow`: public keys, as hex. */
function collectKeys(text: string, earlier: string[] = []): string[] {
  const keys = text
    .split(/[\s,]+/)
    .filter((part) => part !== '')
    .map((part) => parseAddress(part).pubkey);
  return [...new Set([...earlier, ...keys])];
}

function parseCount(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a whole number from 1 to 99999 is needed');
}

function printerFor({ json }: ServeCommandOptions): ServePrinter {
  const people = humanPrinter((text) => void process.stderr.write(text), paintFor(process.stderr));
  return json === true ? jsonPrinter((text) => void process.stdout.write(text), people) : people;
}
