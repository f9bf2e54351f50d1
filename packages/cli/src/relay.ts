import { Command } from 'commander';

import { parseCount } from './count-option.ts';
import { LineLimiter } from './log/line-limiter.ts';
import { addLogOptions, type LogOptions, logSettings, openLog } from './log/log-options.ts';
import { plainText } from './log/logger.ts';
import { parsePort } from './port-option.ts';
import { exitAfter, untilSignal } from './shutdown.ts';

interface RelayCommandOptions extends LogOptions {
  port: number;
  host: string;
  maxConnectionsPerIp?: number;
  json?: boolean;
}

/** Sockets that do not close by themselves get this long. */
const CLOSE_LIMIT_MS = 3_000;

export function relayCommand(): Command {
  const command = new Command('relay')
    .description('Run a small relay until Ctrl-C: enough for a demo, a team, or a home network.')
    .option('--port <number>', 'port to listen on; 0 takes a free one', parsePort, 7777)
    .option('--host <address>', 'address to listen on; 0.0.0.0 admits other machines', '127.0.0.1')
    .option(
      '--max-connections-per-ip <number>',
      'connections from one address at a time; behind a reverse proxy all have the same (default: 200)',
      parseCount,
    )
    .option('--json', 'print one JSON object instead of the URL')
    .action(runRelay);
  return addLogOptions(command);
}

async function runRelay({
  port,
  host,
  maxConnectionsPerIp,
  json,
  ...options
}: RelayCommandOptions): Promise<void> {
  const say = openLog(logSettings(options), plainText);
  const refusals = new LineLimiter();
  const stopped = untilSignal();
  // However long what follows takes, or hangs.
  void stopped.then(() => exitAfter(CLOSE_LIMIT_MS));
  const { startRelay } = await import('@mcp-nostr/relay');
  const relay = await startRelay({
    port,
    host,
    onlog: (line) => refusals.admits(line) && say('warn', line),
    ...(maxConnectionsPerIp !== undefined && { limits: { maxConnectionsPerIp } }),
  });
  process.stdout.write(
    json ? `${JSON.stringify({ event: 'ready', url: relay.url, port: relay.port })}\n` : `${relay.url}\n`,
  );
  if (!json) say('info', 'relay is up; Ctrl-C stops it');
  await stopped;
  await relay.close();
}
