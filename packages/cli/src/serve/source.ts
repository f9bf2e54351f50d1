import { basename } from 'node:path';

import type { Caller } from '@mcp-nostr/server';

import { oneLine } from '../terminal.ts';
import { childEnvironment } from './child-environment.ts';
import { ChildServer, type ServerTransport } from './child-server.ts';
import { HttpServer } from './http-server/http-server.ts';
import { checkServer, isPrivateWay, shownUrl } from './http-server/server-url.ts';
import { openUpstream, type Upstream } from './http-server/upstream.ts';
import type { ServePrinter } from './print-serve.ts';

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

/** A program that is started for each connection. */
export function commandSource([command = '', ...args]: readonly string[], printer: ServePrinter): Source {
  const children = new Set<ChildServer>();
  const open = ({ npub, connectionId }: Caller): ChildServer => {
    const source = `${oneLine(basename(command), 20)} ${connectionId.slice(0, 4)}`;
    const child = new ChildServer({
      command,
      args,
      env: childEnvironment(process.env, npub),
      onlog: (line) => printer.log(source, line),
      ongone: () => children.delete(child),
    });
    children.add(child);
    return child;
  };
  return {
    open,
    kill: () => {
      for (const child of children) child.kill();
    },
    close: async () => {
      await Promise.all([...children].map((child) => child.close()));
    },
  };
}

/** A server that speaks Streamable HTTP, with a session for each connection. */
export async function urlSource(
  settings: Pick<Upstream, 'url' | 'headers' | 'callerHeader'>,
  printer: ServePrinter,
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
