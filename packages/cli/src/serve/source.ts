import { basename } from 'node:path';

import type { Caller } from '@mcp-nostr/server';

import { hideSecretVariables } from '../log/redact.ts';
import { oneLine } from '../terminal.ts';
import { Children } from './child/children.ts';
import { childEnvironment } from './child-environment.ts';
import { ChildServer, type ServerTransport } from './child-server.ts';
import { HttpServer } from './http-server/http-server.ts';
import { checkServer, isPrivateWay, shownUrl } from './http-server/server-url.ts';
import { openUpstream, type Upstream } from './http-server/upstream.ts';
import type { SourcePrinter } from './print-serve.ts';
import { SharedProgram } from './shared/shared-program.ts';

/** A server for one connection. */
export interface ServedServer {
  readonly decidesVersion?: boolean | undefined;
  connect(transport: ServerTransport): Promise<void>;
  close(): Promise<void>;
}

/** What is put on Nostr: makes a server for each connection. */
export interface Source {
  readonly open: (caller: Caller) => ServedServer;
  /** For the last moment of this process. */
  kill(): void;
  /** Resolves when all servers have ended. */
  close(): Promise<void>;
}

export interface CommandOptions {
  /** Names of the variables that the program sees of our environment. @default all but our own */
  env?: readonly string[] | undefined;
  /** Without use for so long a program is ended until the next request; 0 is never. */
  idleMs?: number | undefined;
  /** One program for all connections. @default false: one for each */
  shared?: boolean | undefined;
  /** Variables of the program's own. */
  own?: Readonly<Record<string, string>> | undefined;
  /** @default our own folder */
  cwd?: string | undefined;
}

/** A program that is started for each connection, or once for all. */
export function commandSource(
  [command = '', ...args]: readonly string[],
  printer: SourcePrinter,
  { env: names, idleMs, shared, own, cwd }: CommandOptions = {},
): Source {
  const children = new Children((problem) => printer.problem(problem));
  const servers = new Set<ChildServer>();
  const name = oneLine(basename(command), 20);
  // It may write them to its stderr.
  hideSecretVariables(childEnvironment(process.env, { names, own }));
  if (shared === true) {
    const program = new SharedProgram({
      children,
      command: { command, args, cwd, env: childEnvironment(process.env, { names, own }) },
      onlog: (line) => printer.log(name, line),
      idleMs,
    });
    return {
      open: () => program.open(),
      kill: () => children.kill(),
      close: async () => {
        await program.close();
        children.close();
      },
    };
  }
  const open = (caller: Caller): ChildServer => {
    const source = `${name} ${caller.connectionId.slice(0, 4)}`;
    const server = new ChildServer({
      children,
      command: { command, args, cwd, env: childEnvironment(process.env, { caller, names, own }) },
      onlog: (line) => printer.log(source, line),
      ongone: () => servers.delete(server),
      idleMs,
    });
    servers.add(server);
    return server;
  };
  return {
    open,
    kill: () => children.kill(),
    close: async () => {
      await Promise.all([...servers].map((server) => server.close()));
      children.close();
    },
  };
}

/** A server that speaks Streamable HTTP, with a session for each connection. */
export async function urlSource(
  settings: Pick<Upstream, 'url' | 'headers' | 'callerHeader'>,
  printer: SourcePrinter,
): Promise<Source> {
  const upstream = await openUpstream(settings);
  const { url } = settings;
  if (!isPrivateWay(url))
    printer.problem(
      `${shownUrl(url)} is plain http: whoever is on the way can read and change every message`,
    );
  // The server may come later; it is asked anew with each message. It never rejects.
  void checkServer(upstream).then((problem) => problem !== undefined && printer.problem(problem));
  const servers = new Set<HttpServer>();
  const open = ({ pubkey, connectionId }: Caller): HttpServer => {
    const source = `${oneLine(url.host, 20)} ${connectionId.slice(0, 4)}`;
    const server = new HttpServer({
      upstream,
      caller: pubkey,
      onlog: (line) => printer.log(source, line),
      ongone: () => servers.delete(server),
    });
    servers.add(server);
    return server;
  };
  return {
    open,
    kill: () => undefined,
    close: async () => {
      await Promise.all([...servers].map((server) => server.close()));
      await upstream.close();
    },
  };
}
