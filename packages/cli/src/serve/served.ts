import type { AnnounceOptions } from '@mcp-nostr/server';
import type { RelayState } from '@mcp-nostr/transport';

import type { Filter } from '@mcp-nostr/core/filter';
import { keepServedAddress } from '../access/served-relays.ts';
import { serverWords } from '../access/which-server-options.ts';
import type { AuditFile } from '../audit/audit-file.ts';
import { openFormerKeys } from '../keys/former-keys.ts';
import { openSigner } from '../keys/open-signer.ts';
import { keepAnnounced, announcedKinds, readAnnounced } from '../announce/announced-file.ts';
import { traceMessages } from '../log/trace-messages.ts';
import type { Source } from './source.ts';
import { announceOf } from './announce/announce-options.ts';
import { SeenIdsFile } from './seen/seen-ids-file.ts';
import { shortNpub } from '../terminal.ts';
import type { AccessSettings } from './access.ts';
import { filteredSource } from './filtered-source.ts';
import { checkEntry, type ProgramSettings, shownEntry, type ServerEntry, sourceOf } from './server-entry.ts';
import { type ServePrinter, shownCall } from './print-serve.ts';

/** What holds for every server of a process. */
export interface ServeSettings {
  relays: string[];
  access: AccessSettings;
  refusals: 'answer' | 'silent';
  /** Requests, pairings and refusals are kept there. */
  audit: { file: AuditFile; hasArguments: boolean } | undefined;
  /** A person reads what is printed, and nobody else: invites may be shown. */
  isAtTerminal: boolean;
  encryption: 'required' | 'optional' | 'none';
  maxConnections: number;
  filter: Filter | undefined;
  programs: ProgramSettings;
  /** What is announced of each, for all who look; undefined: nothing, unless the file of servers says so. */
  announce: AnnounceOptions | undefined;
  /** Requests say in `_meta` who calls. */
  injectIdentity: boolean;
  /** Names of tools that follow a common schema. */
  commonSchemas: readonly string[] | undefined;
  /** `false`: clients of ContextVM are not served. */
  contextvm: false | undefined;
  /** A note for each message. */
  isTraced: boolean;
}

export interface ServedOptions extends ServeSettings {
  entry: ServerEntry;
  /** As `--key` has it. */
  key: string | undefined;
  /** Of one of several servers. */
  name?: string;
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
export async function openServed(options: ServedOptions): Promise<Served> {
  const closers: Closer[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  try {
    const source = await startServer(options, closers);
    return { kill: () => source.kill(), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Ends what was opened. */
type Closer = () => void | Promise<void>;

/** `closers` get theirs as things are opened. */
async function startServer(
  { entry, key: given, name, printer, filter, programs, isTraced, ...settings }: ServedOptions,
  closers: Closer[],
): Promise<Source> {
  checkEntry(entry);
  const key = await openSigner({ given, role: 'server' });
  closers.push(() => key.close());
  const { pubkey } = key;
  const onproblem = (problem: string): void => printer.problem(problem);
  const former = await openFormerKeys(pubkey, onproblem);
  closers.push(...former.map((each) => () => each.key.close()));
  const { serve } = await import('@mcp-nostr/server');
  const { openServedAccess } = await import('./served-access.ts');
  const source = filteredSource(await sourceOf(entry, printer, programs), filter);
  closers.push(() => source.close());
  const access = openServedAccess({ ...settings, pubkey, name, printer });
  closers.push(() => access.close());
  const announce = announceOf(settings.announce, entry.announce);
  const isAnnounced = announce !== undefined && settings.access.isPublic;
  if (announce !== undefined && !isAnnounced)
    printer.problem(
      'it is not announced: nothing is published of a private server; --public makes it a public one',
    );
  const words = serverWords(name === undefined ? { key: given } : { server: name });
  if (!settings.access.isPublic && readAnnounced(pubkey).relays.length > 0)
    printer.problem(
      `relays may still announce what it offered when it was public; to take that back: mcp-nostr unannounce${words}`,
    );
  const seen = settings.contextvm === false ? undefined : new SeenIdsFile({ pubkey, onproblem });
  closers.push(() => seen?.close());
  let early: RelayState[] | undefined = [];
  const server = await serve(
    {
      ...settings,
      signer: key.signer,
      announce: isAnnounced ? announce : undefined,
      onannounced: ({ relay }) => printer.note('info', `announced on ${relay}`),
      seen,
      allow: access.policy,
      reportParams: settings.audit?.hasArguments,
      predecessors: former.map(({ key: { signer }, statement }) => ({
        signer,
        statement,
        isPublished: settings.access.isPublic,
      })),
      strangersShare: access.strangersShare,
      // The first come before the server is there, and who reads the output wants its address first.
      onrelay: (state) => (early === undefined ? printer.relay(state) : early.push(state)),
      onrequest: (report) => {
        printer.call(shownCall(report));
        access.audit?.request(report);
      },
      onrefused: (refusal) => access.audit?.refused(refusal),
      onerror: (error) => printer.problem(error.message),
    },
    noted(source.open, printer, isTraced),
  );
  closers.push(() => server.close());
  const { npub, address } = server;
  const invite = access.firstInvite?.(address);
  printer.ready({
    npub,
    address,
    relays: settings.relays,
    command: shownEntry(entry),
    keyFile: key.shown,
    access: access.shown,
    words,
    isInviting: invite !== undefined,
    limits: limitsOf(settings),
    filter,
    isAnnounced,
    servesContextvm: settings.contextvm !== false,
  });
  if (invite !== undefined) printer.invite(invite);
  if (!key.isLocal) {
    const { checkServerSigner } = await import('../keys/remote/check-server-signer.ts');
    // It never rejects, and it may wait for a person.
    void checkServerSigner(key.signer, pubkey).then(
      (problem) => problem !== undefined && printer.problem(problem),
    );
  }
  for (const each of former)
    printer.note('info', `callers of the former key ${each.name} are told this address`);
  for (const state of early) printer.relay(state);
  early = undefined;
  if (isAnnounced)
    await keepAnnounced(pubkey, {
      relays: [...server.relays.map(({ url }) => url), ...(announce.relays ?? [])],
      kinds: announcedKinds(announce),
    }).catch((error: unknown) =>
      printer.note('debug', `where it is announced was not kept: ${String(error)}`),
    );
  // Without it `invite` has to be told the relays.
  await keepServedAddress(pubkey, address).catch((error: unknown) =>
    printer.note('debug', `the address was not kept: ${String(error)}`),
  );
  return source;
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
