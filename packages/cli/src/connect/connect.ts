import { formatNpub, parseAddress, secretKeySigner } from '@mcp-nostr/core';
import { Command, Option } from 'commander';

import type { OpenTransport } from '../client-transport.ts';
import { usageError } from '../errors.ts';
import { addFilterOptions, filterFrom, type FilterOptions } from '../filter/filter-options.ts';
import { filtered } from '../filter/filtered-transport.ts';
import { collectOrigins, DEFAULT_PORT } from '../http-listener/http-options.ts';
import { keyFileOption, loadSecretKey } from '../key-file.ts';
import { parsePort } from '../port-option.ts';
import { relayLines } from '../relay-lines.ts';
import { clientRelays, collectRelays } from '../relay-options.ts';
import { exitAfter, type StopSignal, untilSignal } from '../shutdown.ts';
import { oneLine, shortNpub } from '../terminal.ts';
import { HostBridge } from './host-bridge.ts';
import { openJoined } from './joined/open-joined.ts';
import { parseUpstreamWords, type UpstreamWord } from './joined/upstream-words.ts';
import { StdioHost } from './stdio-host.ts';
import { guardStdout } from './stdout-guard.ts';

interface ConnectCommandOptions extends FilterOptions {
  relay?: string[];
  key?: string;
  encryption: 'required' | 'none';
  http?: number | true;
  token: boolean;
  cors?: string[];
}

/** The server is told goodbye, if that is quick. */
const CLOSE_LIMIT_MS = 1_000;

export function connectCommand(): Command {
  const command = new Command('connect')
    .description(
      'Give an MCP host (Claude, Cursor, VS Code, …) a server on Nostr as if it were a local stdio server, ' +
        'or with --http a local Streamable HTTP server.',
    )
    .argument('<address...>', 'nprofile, npub or hex; of several servers, each as name=address or address')
    .option(
      '--relay <url>',
      "use this relay instead of the nprofile's, or look up a bare key here; can be repeated",
      collectRelays,
    )
    .option('--key <file>', 'file of the key to connect as, made when missing')
    .addOption(new Option('--encryption <mode>').choices(['required', 'none']).default('required'))
    .option(
      '--http [port]',
      `listen on http://127.0.0.1:${DEFAULT_PORT}/mcp instead, or on this port; 0 takes a free one`,
      parsePort,
    )
    .option('--no-token', 'with --http: let every program on this machine call, without a bearer token')
    .option(
      '--cors <origin>',
      'with --http: let web pages of this origin call; can be repeated',
      collectOrigins,
    )
    .action(runConnect);
  return addFilterOptions(command);
}

async function runConnect(words: string[], options: ConnectCommandOptions): Promise<void> {
  if (options.http === undefined && (!options.token || options.cors !== undefined))
    throw usageError('--no-token and --cors are for --http', 'mcp-nostr connect <address> --http');
  const upstreams = parseUpstreamWords(words);
  const write = guardStdout();
  const stopped = untilSignal();
  const signer = secretKeySigner(await loadSecretKey(keyFileOption(options.key, 'client')));
  const client = await import('@mcp-nostr/client');

  const us = shortNpub(formatNpub(await signer.getPublicKey()));
  const openNostr = ({ prefix, address: server }: UpstreamWord): OpenTransport => {
    const address = parseAddress(server);
    const name = prefix === undefined ? '' : `${prefix}: `;
    log(`${name}connecting to ${shortNpub(formatNpub(address.pubkey))} as ${us}`);
    const onrelay = relayLines(
      (line) => log(`${name}${line}`),
      (_style, text) => text,
    );
    const { relay, encryption } = options;
    return () =>
      new client.NostrClientTransport({
        server,
        signer,
        ...clientRelays(address, relay),
        encryption,
        onrelay,
      });
  };
  const opens = upstreams.map((each) => ({ prefix: each.prefix, open: openNostr(each) }));
  const open = filtered(openJoined(opens, log), filterFrom(options));
  if (options.http === undefined) return runStdio(open, write, stopped);
  const { runHttpListener } = await import('../http-listener/run-http-listener.ts');
  return runHttpListener({
    open,
    port: options.http === true ? DEFAULT_PORT : options.http,
    token: options.token,
    corsOrigins: options.cors ?? [],
    stopped,
    log,
  });
}

async function runStdio(
  open: OpenTransport,
  write: (text: string) => void,
  stopped: Promise<StopSignal>,
): Promise<void> {
  const bridge = new HostBridge({ open, onmessage: (message) => host.send(message), onlog: log });
  const host = new StdioHost({
    input: process.stdin,
    write,
    onmessage: (message) => bridge.receive(message),
  });

  await Promise.race([host.ended, stopped]);
  exitAfter(CLOSE_LIMIT_MS);
  process.stdin.destroy();
  await bridge.close();
}

function log(line: string): void {
  process.stderr.write(`mcp-nostr: ${oneLine(line, 500)}\n`);
}
