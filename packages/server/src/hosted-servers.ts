import type { Caller, Era } from './caller.ts';
import type { McpServerFactory, McpServerLike, ServeStdio } from './mcp-server.ts';
import type { NostrServerTransport } from './nostr-server-transport.ts';
import { VersionGate } from './version-gate.ts';

export interface HostedServersOptions<Mcp extends McpServerLike> {
  caller: Caller;
  factory: McpServerFactory<Mcp>;
  serveStdio?: ServeStdio<Mcp> | undefined;
  onerror: (error: Error) => void;
  /** With `serveStdio` a server is made when the first message is there; without, `start()` rejects. */
  onfailed: (error: unknown) => void;
}

/** The MCP servers of one connection: one, or with `serveStdio` one for each era that its client tries. */
export class HostedServers<Mcp extends McpServerLike> {
  readonly #options: HostedServersOptions<Mcp>;
  /** Each takes room already, and may have a process. */
  readonly #making: Set<Promise<Mcp>> = new Set();
  readonly #made: Set<Mcp> = new Set();
  readonly #connected: Set<Mcp> = new Set();
  #stdio: { close(): Promise<void> } | undefined;
  #isOver = false;

  constructor(options: HostedServersOptions<Mcp>) {
    this.#options = options;
  }

  /** Those that can send something to the client. */
  get connected(): Mcp[] {
    return [...this.#connected];
  }

  async start(transport: NostrServerTransport): Promise<void> {
    const { caller, serveStdio } = this.#options;
    if (serveStdio !== undefined) return this.#startBothEras(serveStdio, transport);
    const server = await this.#make(caller);
    if (this.#isOver) return;
    if (server.decidesVersion !== true) transport.gate = new VersionGate({ speaksModern: false });
    await server.connect(transport);
    this.#connected.add(server);
  }

  /** Resolves when all are closed, those too that are still being made. */
  async close(): Promise<void> {
    this.#isOver = true;
    this.#connected.clear();
    const made = [...this.#making, ...this.#made].map(async (each) => {
      const server = await Promise.resolve(each).catch(() => undefined); // whoever has it made reports that
      await server?.close();
    });
    await Promise.all([this.#stdio?.close(), ...made]);
  }

  async #make(caller: Caller): Promise<Mcp> {
    const { factory } = this.#options;
    const making = (async (): Promise<Mcp> => factory(caller))(); // it may throw at once
    this.#making.add(making);
    try {
      const server = await making;
      this.#made.add(server);
      return server;
    } finally {
      this.#making.delete(making);
    }
  }

  #startBothEras(serveStdio: ServeStdio<Mcp>, transport: NostrServerTransport): void {
    transport.gate = new VersionGate({ speaksModern: true });
    this.#stdio = serveStdio(({ era }) => this.#makeFor(era, transport), {
      transport,
      // When the connection is over, what it cannot say there concerns nobody.
      onerror: (error) => {
        if (!this.#isOver) this.#options.onerror(error);
      },
    });
  }

  async #makeFor(era: Era, transport: NostrServerTransport): Promise<Mcp> {
    const { caller, onfailed } = this.#options;
    try {
      const server = await this.#make({ ...caller, era });
      watch(server, transport, {
        connected: () => this.#connected.add(server),
        closed: () => {
          this.#made.delete(server);
          this.#connected.delete(server);
        },
      });
      return server;
    } catch (error) {
      this.#isOver = true;
      onfailed(error);
      throw error;
    }
  }
}

/** How `serveStdio` hands messages to an MCP server. */
interface Channel {
  sessionId?: string | undefined;
  onclose?: (() => void) | undefined;
  onmessage?: NostrServerTransport['onmessage'];
}

/** `serveStdio` passes on neither who calls nor the connection's id, so they are added behind it. */
function watch(
  server: { connect(channel: Channel): Promise<void> },
  transport: NostrServerTransport,
  { connected, closed }: { connected: () => void; closed: () => void },
): void {
  const connect = server.connect.bind(server);
  server.connect = async (channel) => {
    channel.sessionId = transport.sessionId;
    channel.onclose = closed;
    await connect(channel);
    const deliver = channel.onmessage;
    channel.onmessage = (message, extra) => deliver?.(message, { ...extra, authInfo: transport.authInfo });
    connected();
  };
}
