import { serverDocument } from '../address-book/format-servers.ts';
import { CliError } from '../errors.ts';
import { signalExitCodes, untilSignal } from '../shutdown.ts';
import { paintFor } from '../terminal.ts';
import { formatPaired } from './format-paired.ts';
import { pairServer } from './pair-server.ts';
import { readLink } from './read-link.ts';

export interface PairOptions {
  name?: string;
  key?: string;
  relay?: string[];
  timeout: number;
  json?: boolean;
}

export async function runPair(given: string | undefined, options: PairOptions): Promise<void> {
  const link = await readLink(given);
  const aborter = new AbortController();
  const interrupted = untilSignal().then((signal): never => {
    throw new CliError('interrupted', signalExitCodes[signal], `stopped by ${signal}`);
  });
  try {
    const { name, key, relay, timeout } = options;
    const limits = { timeoutMs: timeout * 1_000, signal: aborter.signal };
    const paired = await Promise.race([pairServer(link, { name, key, relay, ...limits }), interrupted]);
    const { server, tools, wasPaired } = paired;
    if (options.json === true) {
      const document = { ...serverDocument(paired.name, server), tools, wasPaired };
      process.stdout.write(`${JSON.stringify(document)}\n`);
      return;
    }
    process.stdout.write(formatPaired(paired, paintFor(process.stdout)));
    process.stderr.write(nextCommands(paired.name));
  } finally {
    aborter.abort();
  }
}

function nextCommands(name: string): string {
  return [
    '  the invite is redeemed and was not kept; what to do next:',
    `  mcp-nostr install ${name}     into Claude, Cursor, VS Code, Codex, …`,
    `  mcp-nostr call ${name}        what it offers`,
    '',
  ].join('\n');
}
