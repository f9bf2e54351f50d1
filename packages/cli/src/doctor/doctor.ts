import { Argument, Command, Option } from 'commander';

import { canAsk } from '../ask.ts';
import { CliError, exitCodes } from '../errors.ts';
import { hosts } from '../install/hosts.ts';
import { checkKeyOption } from '../keys/key-source.ts';
import { collectRelays } from '../relay-options.ts';
import { parseSeconds } from '../seconds-option.ts';
import { signalExitCodes, untilSignal } from '../shutdown.ts';
import { paintFor } from '../terminal.ts';
import type { Check } from './check.ts';
import { formatChecks, formatReport } from './print-checks.ts';
import { findTarget } from './target.ts';

interface DoctorOptions {
  relay?: string[];
  key?: string | undefined;
  encryption: 'required' | 'none';
  timeout: number;
  json?: boolean;
}

/** Every check has its time-out; all of them together have so many, whatever is slow. */
const RUN_TIMEOUTS = 4;

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Find out what is wrong: with this machine, a server on Nostr, a relay, or an MCP host.')
    .addArgument(
      new Argument('[target]', 'name or address of a server, wss://relay, or a host')
        .choices(hosts.map(({ id }) => id))
        // The choices are for shells: there is more that it may be.
        .argParser((text) => text),
    )
    .option('--relay <url>', 'look at this relay instead of the usual ones; can be repeated', collectRelays)
    .option('--key <key>', 'key to ask as: its name, or its file')
    .addOption(new Option('--encryption <mode>').choices(['required', 'none']).default('required'))
    .option('--timeout <seconds>', 'for each check', parseSeconds, 15)
    .option('--json', 'print one JSON document')
    .action(runDoctor);
}

async function runDoctor(text: string | undefined, options: DoctorOptions): Promise<void> {
  checkKeyOption(options.key);
  const target = await findTarget(text);
  if (target.kind === 'address') options.key ??= target.server.key;
  const aborter = new AbortController();
  const stopped = untilSignal();
  const timeoutMs = options.timeout * 1_000;
  const timer = setTimeout(() => aborter.abort(), RUN_TIMEOUTS * timeoutMs);
  const paint = paintFor(process.stdout);
  const print = (checks: readonly Check[]): void => {
    if (options.json !== true) process.stdout.write(formatChecks(checks, paint));
  };
  try {
    const interrupted = stopped.then((signal): never => {
      throw new CliError('interrupted', signalExitCodes[signal], `stopped by ${signal}`);
    });
    // What it takes is loaded for this command alone.
    const { examine } = await import('./examine.ts');
    const examined = examine({
      target,
      relays: options.relay,
      key: options.key,
      encryption: options.encryption,
      timeoutMs,
      signal: aborter.signal,
      print,
    });
    const checks = await Promise.race([examined, interrupted]);
    if (options.json === true) process.stdout.write(formatReport(checks));
    const failed = checks.filter(({ status }) => status === 'fail');
    const [first] = failed;
    if (first === undefined) return;
    const hasMoved = failed.some(({ id }) => id === 'server.moved');
    if (text !== undefined && hasMoved && options.json !== true && canAsk()) {
      const { runFollow } = await import('../successors/follow-command.ts');
      return await runFollow(text, undefined, options);
    }
    const message = `${failed.length} of ${checks.length} checks failed: ${[...new Set(failed.map(({ id }) => id))].join(', ')}`;
    throw new CliError('checks_failed', first.exitCode ?? exitCodes.unexpected, message);
  } finally {
    clearTimeout(timer);
    aborter.abort();
  }
}
