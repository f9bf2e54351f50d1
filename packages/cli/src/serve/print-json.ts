import { tenth } from '../terminal.ts';
import type { ServePrinter } from './print-serve.ts';

/** One JSON object a line; what the children say, and problems, go where they go for people. */
export function jsonPrinter(write: (text: string) => void, people: ServePrinter): ServePrinter {
  const print = (event: object): void => write(`${JSON.stringify(event)}\n`);
  return {
    several: ({ file, names }) => print({ event: 'config', file, servers: names }),
    ready: ({ server, npub, address, relays }) => print({ event: 'ready', server, npub, address, relays }),
    closed: (server) => print({ event: 'closed', server }),
    relay: ({ latencyMs, ...state }, server) =>
      print({
        event: 'relay',
        server,
        ...state,
        latencyMs: latencyMs === undefined ? undefined : tenth(latencyMs),
      }),
    call: ({ caller, method, name, durationMs, outcome, code }, server) =>
      print({
        event: 'call',
        server,
        time: new Date().toISOString(),
        caller: caller.npub,
        method,
        name,
        durationMs: tenth(durationMs),
        outcome,
        code,
      }),
    // What programs read is kept: a secret has no place there.
    invite: () => undefined,
    paired: ({ npub, name, invite }, server) =>
      print({ event: 'paired', server, time: new Date().toISOString(), caller: npub, name, invite }),
    log: (...all) => people.log(...all),
    problem: (...all) => people.problem(...all),
    note: (...all) => people.note(...all),
  };
}
