import type { Channel } from '@mcp-nostr/transport';

import type { Caller } from './caller.ts';
import { HostedServers } from './hosted-servers.ts';
import type { KeyUsage } from './key-usage.ts';
import type { McpServerFactory, McpServerLike, ServeStdio } from './mcp-server.ts';
import type { Authorize } from './message-check.ts';
import type { Naming } from './nostr-server-transport-options.ts';
import { NostrServerTransport } from './nostr-server-transport.ts';
import type { Permission } from './policy.ts';
import type { RequestSummary } from './requests.ts';

/** What all sessions of a server have in common. */
export interface Hosting<Mcp extends McpServerLike = McpServerLike> {
  factory: McpServerFactory<Mcp>;
  serveStdio?: ServeStdio<Mcp> | undefined;
  authorize?: Authorize | undefined;
  injectIdentity?: boolean | undefined;
  commonSchemas?: ReadonlySet<string> | undefined;
  onerror: (error: Error) => void;
}

/** Who has a session, and what for. */
export interface Seat {
  caller: Caller;
  permission: Permission;
  usage?: KeyUsage | undefined;
  onrequest: (summary: RequestSummary) => void;
}

export interface HostedSessionOptions<Mcp extends McpServerLike> extends Seat {
  hosting: Hosting<Mcp>;
  /** The way to the client. */
  link: Channel;
  /** The link has something to send. */
  onsend: () => void;
  naming?: Naming | undefined;
  /** It is to be closed, for this reason. */
  onend: (reason: string) => void;
}

/** What a connection leads to, whatever it is made of: its transport and its MCP servers. */
export class HostedSession<Mcp extends McpServerLike = McpServerLike> {
  readonly transport: NostrServerTransport;
  readonly #options: HostedSessionOptions<Mcp>;
  readonly #hosted: HostedServers<Mcp>;
  #isOver = false;

  constructor(options: HostedSessionOptions<Mcp>) {
    const { hosting, caller, onend } = options;
    this.#options = options;
    this.transport = new NostrServerTransport({
      ...options,
      ...hosting,
      onoverflow: () => onend('overflow'),
      onclosed: () => onend('closed'),
    });
    this.#hosted = new HostedServers({
      ...hosting,
      caller,
      onfailed: (error) => void this.#fail(error), // it never rejects
    });
  }

  /** Its MCP servers that can send something to the client. */
  get servers(): Mcp[] {
    return this.#isOver ? [] : this.#hosted.connected;
  }

  /** Has the MCP server made; what came before waits for it. Never rejects. */
  async start(): Promise<void> {
    if (this.#isOver) return;
    try {
      await this.#hosted.start(this.transport);
    } catch (error) {
      await this.#fail(error);
    }
  }

  /** Nothing is said to its client any more. Resolves when its MCP servers are closed, and never rejects. */
  async close(): Promise<void> {
    this.#isOver = true;
    const { onerror } = this.#options.hosting;
    // First of all: an MCP server that is closed has nothing to say any more.
    const closed = this.transport.close().catch(onerror);
    await Promise.all([closed, this.#hosted.close().catch(onerror)]);
  }

  async #fail(error: unknown): Promise<void> {
    const { caller, hosting, onend } = this.#options;
    const reason = error instanceof Error ? error.message : String(error);
    hosting.onerror(new Error(`no MCP server for ${caller.npub}: ${reason}`, { cause: error }));
    await this.transport.failRequests('server_failed', `the MCP server could not be started: ${reason}`);
    onend('server_failed');
  }
}
