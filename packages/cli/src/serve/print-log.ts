import { LineLimiter } from '../log/line-limiter.ts';
import type { Logger } from '../log/logger.ts';
import { shownLine } from '../log/redact.ts';
import { tenth } from '../terminal.ts';
import type { ServePrinter } from './print-serve.ts';

/** Everything as a record of a log. */
export function logPrinter(logger: Logger): ServePrinter {
  const problems = new LineLimiter();
  return {
    several: ({ file, names, access, limits }) =>
      logger.log('info', 'config', { file, servers: names, access, limits }),
    ready: ({ server, npub, address, relays, command, keyFile, access, limits }) =>
      logger.log('info', 'ready', { server, npub, address, relays, command, keyFile, access, limits }),
    closed: (server) => logger.log('info', 'closed', { server }),
    relay: ({ url, status, reason, latencyMs }, server) =>
      logger.log(status === 'waiting' ? 'warn' : status === 'ready' ? 'info' : 'debug', `relay ${status}`, {
        server,
        url,
        reason,
        latencyMs: latencyMs === undefined ? undefined : tenth(latencyMs),
      }),
    call: ({ caller, method, name, durationMs, outcome, code }, server) =>
      logger.log('info', 'call', {
        server,
        caller: caller.npub,
        method,
        name,
        durationMs: tenth(durationMs),
        outcome,
        code,
      }),
    invite: ({ id, expiresAt }, server) => logger.log('info', 'invite', { server, id, expiresAt }),
    paired: ({ npub, name, invite }, server) =>
      logger.log('info', 'paired', { server, caller: npub, name, invite }),
    log: (source, line, server) => logger.log('info', line, { server, source }),
    problem: (message, server) => {
      const text = shownLine(message, 300);
      if (problems.admits(`${server} ${text}`)) logger.log('warn', text, { server });
    },
    note: (level, message, server) => logger.log(level, message, { server }),
  };
}
