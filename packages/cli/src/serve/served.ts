import type { RelayState } from '@mcp-nostr/transport';

import type { Filter } from '@mcp-nostr/core/filter';
import { openSigner } from '../keys/open-signer.ts';
import { traceMessages } from '../log/trace-messages.ts';
import type { Source } from './source.ts';
import { shortNpub } from '../terminal.ts';
import { filteredSource } from './filtered-source.ts';
import { checkEntry, type ProgramSettings, shownEntry, type ServerEntry, sourceOf } from './server-entry.ts';
import { type ServePrinter, shownCall } from './print-serve.ts';

/** What holds for every server of a process. */
export interface ServeSettings {
  relays: string[];
  allow: 'public' | string[];
  encryption: 'required' | 'optional' | 'none';
  maxConnections: number;
  filter: Filter | undefined;
  programs: ProgramSettings;
  /** A note for each message. */
  isTraced: boolean;
}

export interface ServedOptions extends ServeSettings {
  entry: ServerEntry;
  /** As `--key` has it. */
  key: string | undefined;
  printer: ServePrinter;
}

/** A server that is on Nostr. */
export interface Served {
  /** For the last moment of this process. */
  kill(): void;
  /** Resolves when callers were told and everything that was started has ended. */
  close(): Promise<void>;
}

/** What callers are bound to, for people. */
export function limitsOf({ maxConnections }: Pick<ServeSettings, 'maxConnections'>): string[] {
  return [`${maxConnections} connections at a time`];
}

/** Puts one server on Nostr. @throws when its key cannot be read, or what it is started with is wrong */
export async function openServed({
  entry,
  key: given,
  printer,
  filter,
  programs,
  isTraced,
  ...settings
}: ServedOptions): Promise<Served> {
  const { allow } = settings;
  checkEntry(entry);
  const key = await openSigner({ given, role: 'server' });
  const { serve } = await import('@mcp-nostr/server');
  const source = filteredSource(await sourceOf(entry, printer, programs), filter);
  let early: RelayState[] | undefined = [];
  const server = await serve(
    {
      ...settings,
      signer: key.signer,
      // The first come before the server is there, and who reads the output wants its address first.
      onrelay: (state) => (early === undefined ? printer.relay(state) : early.push(state)),
      onrequest: (report) => printer.call(shownCall(report)),
      onerror: (error) => printer.problem(error.message),
    },
    noted(source.open, printer, isTraced),
  ).catch(async (error: unknown) => {
    await source.close();
    await key.close();
    throw error;
  });
  const { npub, address } = server;
  printer.ready({
    npub,
    address,
    relays: settings.relays,
    command: shownEntry(entry),
    keyFile: key.shown,
    allow,
    limits: limitsOf(settings),
    filter,
  });
  for (const state of early) printer.relay(state);
  early = undefined;
  return {
    kill: () => source.kill(),
    close: async () => {
      await server.close();
      await source.close();
      await key.close();
    },
  };
}

/** The servers of a source, each with a note, and on request one for each message: `<-` from the caller, `->` to it. */
function noted(open: Source['open'], printer: ServePrinter, isTraced: boolean): Source['open'] {
  return (caller) => {
    const who = `${shortNpub(caller.npub)} ${caller.connectionId.slice(0, 4)}`;
    printer.note('debug', `${who} opens a connection`);
    const server = open(caller);
    if (!isTraced) return server;
    const note = (line: string): void => printer.note('trace', `${who} ${line}`);
    return {
      decidesVersion: server.decidesVersion,
      connect: (transport) => server.connect(traceMessages(transport, note)),
      close: () => server.close(),
    };
  };
}
