import type { JsonRpcMessage } from '@mcp-nostr/core';

import type { HttpFailure } from '../http-server/http-failure.ts';

/** One connection to a server, on which both sides speak when they like. */
export interface Connection {
  /** @throws {HttpFailure} when it was not taken, or nobody knows */
  send(message: JsonRpcMessage): Promise<void>;
  /** The version of MCP on which client and server agreed, for ways that repeat it with each message. */
  useVersion(version: string): void;
  /** Nothing is read until `resume()`, and the server has to wait. */
  pause(): void;
  resume(): void;
  /** Idempotent; `onlost` does not come after it. */
  close(): void;
}

export interface ConnectionEvents {
  onmessage: (message: JsonRpcMessage) => void;
  /** Something came that is no message, and was skipped. */
  onproblem: (text: string) => void;
  /** The connection is over, and not by `close()`. */
  onlost: (failure: HttpFailure) => void;
}

/**
 * Opens a connection. Messages may come before it resolves.
 * @throws {HttpFailure}
 */
export type OpenConnection = (
  headers: Readonly<Record<string, string>>,
  events: ConnectionEvents,
  signal: AbortSignal,
) => Promise<Connection>;
