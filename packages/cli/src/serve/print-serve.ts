import type { RequestReport } from '@mcp-nostr/server';
import type { RelayState } from '@mcp-nostr/transport';

import type { Filter } from '@mcp-nostr/core/filter';
import { oneLine } from '../terminal.ts';
import type { AccessSettings } from './access.ts';
import type { ShownAccess } from './shown-access.ts';

/** What a source of servers reports. */
export interface SourcePrinter {
  /** A line of a child's stderr. */
  log(source: string, line: string): void;
  /** What went wrong. */
  problem(message: string): void;
}

/** What `serve` reports, to a person, to a program or to a log. `server`: its name, where several are served. */
export interface ServePrinter extends SourcePrinter {
  /** Comes first where several are served. */
  several(file: ServedFile): void;
  ready(server: ServedAs): void;
  /** It is served no longer. */
  closed(server?: string): void;
  relay(state: RelayState, server?: string): void;
  call(call: ShownCall, server?: string): void;
  /** An invite for the person at the terminal, and for nobody else: its link is a secret. */
  invite(invite: ShownInvite, server?: string): void;
  /** An invite has let a key in. */
  paired(paired: Paired, server?: string): void;
  log(source: string, line: string, server?: string): void;
  problem(message: string, server?: string): void;
  /** What happened, for who wants to know: `info` for everybody, `debug` and `trace` when asked for. */
  note(level: 'info' | 'debug' | 'trace', message: string, server?: string): void;
}

export interface ServedAs {
  server?: string;
  npub: string;
  /** nprofile */
  address: string;
  relays: string[];
  /** The served command and its arguments, or the URL. */
  command: string[];
  keyFile: string;
  access: ShownAccess;
  /** What the commands about its access take, to mean this server: ` --key other`. */
  words: string;
  /** An invite follows, whose QR code is the one to show. */
  isInviting: boolean;
  /** What callers are bound to, a few words each. */
  limits: string[];
  /** What callers do not see of it. */
  filter?: Filter | undefined;
  /** Everybody is told of it. */
  isAnnounced?: boolean;
  /** Clients of ContextVM may call, too. */
  servesContextvm?: boolean;
}

interface ServedFile {
  file: string;
  /** Of the servers in it. */
  names: string[];
  access: AccessSettings;
  limits: string[];
  filter?: Filter | undefined;
  servesContextvm?: boolean;
}

export interface ShownInvite {
  link: string;
  id: string;
  /** Seconds. */
  expiresAt: number;
}

interface Paired {
  npub: string;
  name?: string | undefined;
  /** The id of the invite. */
  invite: string;
}

/** What is shown of a request. */
export type ShownCall = Pick<RequestReport, 'caller' | 'method' | 'name' | 'durationMs' | 'outcome' | 'code'>;

/** Callers make up methods and names, of any size: a few would push everything else out of a log. */
export function shownCall({ caller, method, name, durationMs, outcome, code }: ShownCall): ShownCall {
  return {
    caller,
    method: oneLine(method, 100),
    ...(name === undefined ? {} : { name: oneLine(name, 300) }),
    durationMs,
    outcome,
    ...(code === undefined ? {} : { code }),
  };
}

/** The printer of one server among several. */
export function printerFor(server: string, printer: ServePrinter): ServePrinter {
  return {
    several: (file) => printer.several(file),
    ready: (served) => printer.ready({ ...served, server }),
    closed: () => printer.closed(server),
    relay: (state) => printer.relay(state, server),
    call: (call) => printer.call(call, server),
    invite: (invite) => printer.invite(invite, server),
    paired: (paired) => printer.paired(paired, server),
    log: (source, line) => printer.log(source, line, server),
    problem: (message) => printer.problem(message, server),
    note: (level, message) => printer.note(level, message, server),
  };
}

/** Tells each of them all. */
export function allPrinters(...printers: readonly ServePrinter[]): ServePrinter {
  const each = (tell: (printer: ServePrinter) => void): void => {
    for (const printer of printers) tell(printer);
  };
  return {
    several: (...all) => each((printer) => printer.several(...all)),
    ready: (...all) => each((printer) => printer.ready(...all)),
    closed: (...all) => each((printer) => printer.closed(...all)),
    relay: (...all) => each((printer) => printer.relay(...all)),
    call: (...all) => each((printer) => printer.call(...all)),
    invite: (...all) => each((printer) => printer.invite(...all)),
    paired: (...all) => each((printer) => printer.paired(...all)),
    log: (...all) => each((printer) => printer.log(...all)),
    problem: (...all) => each((printer) => printer.problem(...all)),
    note: (...all) => each((printer) => printer.note(...all)),
  };
}
