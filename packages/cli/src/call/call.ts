import { formatNpub } from '@mcp-nostr/core';
import { Command, Option } from 'commander';

import { resolveAddress } from '../address-book/resolve-address.ts';
import type { ClientTransport } from '../client-transport.ts';
import { RelayBoard } from '../connect/relay-board.ts';
import { CliError, describeError, usageError } from '../errors.ts';
import { firstAnswerTimeoutMs, openSigner } from '../keys/open-signer.ts';
import { pinned, type PinMode, pinOption } from '../pins/pin-options.ts';
import { clientRelays, collectRelays } from '../relay-options.ts';
import { parseSeconds } from '../seconds-option.ts';
import { shellWord } from '../shell-word.ts';
import { sessionOption } from '../sessions/session-option.ts';
import { followOnce } from '../successors/follow-once.ts';
import { exitAfter, signalExitCodes, type StopSignal, untilSignal } from '../shutdown.ts';
import { paintFor } from '../terminal.ts';
import { packageVersion } from '../version.ts';
import { unreachable } from '../unreachable.ts';
import { wayIn } from '../way-in.ts';
import { readArgs } from './read-args.ts';
import type { ToolOptions } from './tools.ts';

interface CallCommandOptions extends ToolOptions {
  args?: string;
  timeout: number;
  relay?: string[];
  key?: string | undefined;
  encryption: 'required' | 'none';
  pins: PinMode;
  session?: number;
  pay?: boolean;
}

/** After a signal: time for the cancellation to leave. */
const CLOSE_LIMIT_MS = 2_000;

export function callCommand(): Command {
  return new Command('call')
    .description("List a server's tools, or call one.")
    .argument('<address>', 'name, nprofile, npub, hex or name@domain')
    .argument('[tool]', 'name of the tool; without it the tools are listed')
    .argument('[arguments...]', 'key=value typed by the tool, key:=json, key=@file')
    .option(
      '--relay <url>',
      "use this relay instead of the nprofile's, or look up a bare key here; can be repeated",
      collectRelays,
    )
    .option('--key <key>', 'key to call as: its name, or its file, which is made when missing')
    .addOption(
      new Option('--encryption <mode>', 'none works with servers that allow it')
        .choices(['required', 'none'])
        .default('required'),
    )
    .addOption(pinOption())
    .addOption(sessionOption())
    .option('--timeout <seconds>', 'for one answer; progress starts it anew', parseSeconds, 60)
    .option('--args <json>', 'arguments as a JSON object; - reads it from stdin')
    .option('--out <file>', 'write images, sounds and other bytes of the result')
    .option('--pay', 'show what the server wants to be paid, and wait until it is paid')
    .option('--json', 'print one JSON document')
    .action(runCall);
}

async function runCall(
  address: string,
  tool: string | undefined,
  words: string[],
  options: CallCommandOptions,
): Promise<void> {
  await followOnce(address, () => callOnce(address, tool, words, options));
}

async function callOnce(
  address: string,
  tool: string | undefined,
  words: string[],
  options: CallCommandOptions,
): Promise<void> {
  // What is wrong with the address comes before anything else that may be wrong.
  const server = await resolveAddress(address);
  options.key ??= server.key;
  const relays = clientRelays(server, options.relay);
  if (tool === undefined && options.args !== undefined) {
    throw usageError('--args needs the name of a tool', 'mcp-nostr call <address> <tool> --args <json>');
  }
  const given = options.args === undefined ? undefined : await readArgs(options.args);
  const key = await openSigner({ given: options.key, role: 'client' });
  const aborter = new AbortController();
  const stopped = untilSignal();
  // The SDK is loaded here and for no other command: it takes longer than all the rest.
  const [{ NostrClientTransport }, { Client }, { callTool, listTools }, { paidByPerson, withSum }] =
    await Promise.all([
      import('@mcp-nostr/client'),
      import('@modelcontextprotocol/sdk/client/index.js'),
      import('./tools.ts'),
      import('./pay.ts'),
    ]);
  const { encryption } = options;
  const board = new RelayBoard();
  const payments = options.pay === true ? paidByPerson(say) : undefined;
  const open = (): ClientTransport =>
    new NostrClientTransport({
      server: server.address,
      signer: key.signer,
      ...key.sessionAt(server.pubkey, options.session),
      encryption,
      ...relays,
      onrelay: board.update,
      payments,
    });
  const paint = paintFor(process.stderr);
  const transport = pinned(open, {
    mode: options.pins,
    pubkey: server.pubkey,
    address: shellWord(address),
    refusal: 'error',
    hidesUnseen: false,
    onnews: (level, line) => {
      if (level !== 'info') say(line);
      // A program that reads the lines of stderr has no use for what is as it should be.
      else if (options.json !== true) say(paint('dim', line));
    },
    paint,
  })();
  const client = new Client({ name: 'mcp-nostr', version: packageVersion() });
  const session = {
    client,
    request: { signal: aborter.signal, timeout: options.timeout * 1_000, resetTimeoutOnProgress: true },
  };
  let isConnected = false;
  const work = async (): Promise<void> => {
    const timeout = firstAnswerTimeoutMs(key, session.request.timeout);
    await client.connect(transport, { ...session.request, timeout });
    isConnected = true;
    if (tool === undefined) await listTools(session, options);
    else await callTool(session, { tool, words, given }, options);
  };
  try {
    await Promise.race([work(), stopped.then(interrupt)]);
  } catch (error) {
    const { code } = describeError(error);
    if (code === 'not_allowed' || code === 'invite_required') throw notLetIn(error, code, key.pubkey);
    if (code === 'timed_out' && !isConnected && board.areDown) throw unreachable(board, error);
    throw withSum(error);
  } finally {
    aborter.abort();
    await client.close();
    await key.close();
  }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function interrupt(signal: StopSignal): never {
  exitAfter(CLOSE_LIMIT_MS, signalExitCodes[signal]);
  throw new CliError('interrupted', signalExitCodes[signal], `stopped by ${signal}`);
}

/** The owner needs our key to let us in. */
function notLetIn(error: unknown, code: 'not_allowed' | 'invite_required', pubkey: string): CliError {
  const { message, exitCode } = describeError(error);
  return new CliError(code, exitCode, message, { hint: wayIn(code, formatNpub(pubkey)), cause: error });
}
