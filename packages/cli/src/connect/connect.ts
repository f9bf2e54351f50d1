import { formatNpub, parseAddress, secretKeySigner } from '@mcp-nostr/core';
import { Command, Option } from 'commander';

import { keyFileOption, loadSecretKey } from '../key-file.ts';
import { relayLines } from '../relay-lines.ts';
import { clientRelays, collectRelays } from '../relay-options.ts';
import { exitAfter, untilSignal } from '../shutdown.ts';
import { oneLine, shortNpub } from '../terminal.ts';
import { HostBridge } from './host-bridge.ts';
import { StdioHost } from './stdio-host.ts';
import { guardStdout } from './stdout-guard.ts';

interface ConnectCommandOptions {
  relay?: string[];
  key?: string;
  encryption: 'required' | 'none';
}

/** The server is told goodbye, if that is quick. */
const CLOSE_LIMIT_MS = 1_000;

export function connectCommand(): Command {
  return new Command('connect')
    .description(
      'Give an MCP host (Claude, Cursor, VS Code, …) a server on Nostr as if it were a local stdio server.',
    )
    .argument('<address>', 'nprofile, npub or hex')
    .option(
      '--relay <url>',
      "use this relay instead of the nprofile's, or look up a bare key here; can be repeated",
      collectRelays,
    )
    .option('--key <file>', 'file of the key to connect as, made when missing')
    .addOption(new Option('--encryption <mode>').choices(['required', 'none']).default('required'))
    .action(runConnect);
}

async function runConnect(addressText: string, options: ConnectCommandOptions): Promise<void> {
  const address = parseAddress(addressText);
  const relays = clientRelays(address, options.relay);
  const write = guardStdout();
  const stopped = untilSignal();
  const signer = secretKeySigner(await loadSecretKey(keyFileOption(options.key, 'client')));
  const { NostrClientTransport } = await import('@mcp-nostr/client');

  const showRelay = relayLines(log, (_style, text) => text);
  const bridge = new HostBridge({
    open: () =>
      new NostrClientTransport({
        server: addressText,
        signer,
        ...relays,
        encryption: options.encryption,
        onrelay: showRelay,
      }),
    onmessage: (message) => host.send(message),
    onlog: log,
  });
  const host = new StdioHost({
    input: process.stdin,
    write,
    onmessage: (message) => bridge.receive(message),
  });
  log(
    `connecting to ${shortNpub(formatNpub(address.pubkey))} as ${shortNpub(formatNpub(await signer.getPublicKey()))}`,
  );

  await Promise.race([host.ended, stopped]);
  exitAfter(CLOSE_LIMIT_MS);
  process.stdin.destroy();
  await bridge.close();
}

function log(line: string): void {
  process.stderr.write(`mcp-nostr: ${oneLine(line, 500)}\n`);
}
