import type { Caller, Era } from './caller.ts';
import type { NostrServerTransport } from './nostr-server-transport.ts';

/** What `factory` returns: an `McpServer` of either SDK, or anything that talks through a transport. */
export interface McpServerLike {
  connect(transport: NostrServerTransport): Promise<void>;
  close(): Promise<void>;
  /** It passes messages on to something that knows by itself which versions of MCP it speaks: it gets all of them. */
  readonly decidesVersion?: boolean | undefined;
}

export type McpServerFactory<Mcp extends McpServerLike = McpServerLike> = (
  caller: Caller,
) => Mcp | Promise<Mcp>;

/**
 * `serveStdio` of `@modelcontextprotocol/server/stdio`, as far as it is used here: it has a server made for the era in
 * which a client begins, and serves it on the transport that it is given.
 */
export type ServeStdio<Mcp extends McpServerLike = McpServerLike> = (
  factory: (context: { era: Era }) => Promise<Mcp>,
  options: { transport: NostrServerTransport; onerror: (error: Error) => void },
) => { close(): Promise<void> };
