import { oneLine } from '../../terminal.ts';
import { detailOf } from '../http-server/http-failure.ts';
import { isPrivateWay, shownUrl } from '../http-server/server-url.ts';
import { openUpstream, type Upstream } from '../http-server/upstream.ts';
import type { SourcePrinter } from '../print-serve.ts';
import type { Source } from '../source.ts';
import type { OpenConnection } from './connection.ts';
import { DuplexServer } from './duplex-server.ts';

export type DuplexSourceSettings = Pick<Upstream, 'url' | 'headers' | 'callerHeader'>;

/** A server that speaks WebSocket (`ws:`, `wss:`) or HTTP+SSE (other URLs), with a connection for each connection. */
export async function duplexSource(settings: DuplexSourceSettings, printer: SourcePrinter): Promise<Source> {
  const { url, headers, callerHeader } = settings;
  const isWebSocket = url.protocol === 'ws:' || url.protocol === 'wss:';
  const { open, close } = await (isWebSocket ? webSocketWay(url) : sseWay(settings));
  if (!isPrivateWay(url)) {
    const way = url.protocol.slice(0, -1);
    const risk = 'whoever is on the way can read and change every message';
    printer.problem(`${shownUrl(url)} is plain ${way}: ${risk}`);
  }
  const closing = new AbortController();
  // The server may come later; it is asked anew with each message. It never rejects.
  void checkConnection(open, headers, closing.signal).then((problem) => {
    if (problem !== undefined && !closing.signal.aborted) printer.problem(problem);
  });
  const servers = new Set<DuplexServer>();
  return {
    open: ({ pubkey, connectionId }) => {
      const source = `${oneLine(url.host, 20)} ${connectionId.slice(0, 4)}`;
      const server = new DuplexServer({
        open,
        headers: { ...headers, [callerHeader]: pubkey },
        // HTTP+SSE is older than the versions of MCP without `initialize`.
        decidesVersion: isWebSocket,
        onlog: (line) => printer.log(source, line),
        ongone: () => servers.delete(server),
      });
      servers.add(server);
      return server;
    },
    kill: () => undefined,
    close: async () => {
      closing.abort();
      await Promise.all([...servers].map((server) => server.close()));
      await close();
    },
  };
}

/** How connections are opened, and what is closed after the last of them. */
interface Way {
  open: OpenConnection;
  close: () => Promise<void>;
}

async function webSocketWay(url: URL): Promise<Way> {
  const { webSocketOpener } = await import('./websocket-connection.ts');
  return { open: webSocketOpener(url), close: async () => undefined };
}

async function sseWay(settings: DuplexSourceSettings): Promise<Way> {
  const [{ sseOpener }, upstream] = await Promise.all([
    import('./sse-connection.ts'),
    openUpstream(settings),
  ]);
  return { open: sseOpener(settings.url, upstream.fetch), close: () => upstream.close() };
}

function ignore(): void {}

/** Connects once, and says nothing; returns what is wrong, if something is. */
async function checkConnection(
  open: OpenConnection,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const events = { onmessage: ignore, onproblem: ignore, onlost: ignore };
  try {
    const connection = await open(headers, events, signal);
    connection.close();
    return undefined;
  } catch (error) {
    return detailOf(error);
  }
}
