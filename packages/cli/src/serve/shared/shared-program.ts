import {
  claimedVersion,
  isRequest,
  isResponse,
  type JsonRpcMessage,
  type JsonRpcRequest,
  type RequestId,
} from '@mcp-nostr/core';

import type { ServerTransport } from '../child-server.ts';
import type { Seat } from './shared-calls.ts';
import { SharedChild, type SharedChildOptions } from './shared-child.ts';
import { SharedSession } from './shared-session.ts';

/**
 * A program that all connections share: one process for those of MCP 2025-11-25 and earlier, and one for those of later
 * revisions, because a server decides by its first message which of both it speaks.
 */
export class SharedProgram {
  readonly #options: SharedChildOptions;
  readonly #session: SharedSession;
  /** There are no sessions in MCP 2026-07-28: nothing to begin, and nothing that was not asked for. */
  readonly #modern: SharedChild;

  constructor(options: SharedChildOptions) {
    this.#options = options;
    this.#session = new SharedSession(options);
    this.#modern = new SharedChild(options, {
      cancels: true,
      greet: () => Promise.resolve(),
      isNeeded: () => false,
      isBusy: () => false,
      onnews: () => undefined,
      onanswered: () => undefined,
      ondown: () => undefined,
    });
  }

  /** For a connection. */
  open(): SharedServer {
    return new SharedServer({ ...this.#options, session: this.#session, modern: this.#modern });
  }

  /** Never rejects. */
  async close(): Promise<void> {
    await Promise.all([this.#session.close(), this.#modern.close()]);
  }
}

interface SharedServerOptions {
  session: SharedSession;
  modern: SharedChild;
  onlog: (line: string) => void;
}

/** One connection's part of a program that others use too. */
class SharedServer implements Seat {
  /** The program answers for itself which versions of MCP it speaks. */
  readonly decidesVersion = true;
  readonly #options: SharedServerOptions;
  #transport: ServerTransport | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: SharedServerOptions) {
    this.#options = options;
  }

  async connect(transport: ServerTransport): Promise<void> {
    this.#transport = transport;
    transport.onmessage = (message) => this.#receive(message);
    transport.onclose = () => void this.close(); // it never rejects
    await transport.start();
  }

  /** The connection is over; the program is not. Never rejects. */
  close(): Promise<void> {
    // Later, not now: closing the transport comes back here through its onclose.
    this.#closing ??= Promise.resolve().then(() => this.#stop());
    return this.#closing;
  }

  send(message: JsonRpcMessage, relatedRequestId?: RequestId): void {
    if (this.#closing !== undefined) return;
    this.#transport?.send(message, { relatedRequestId }).catch((error: unknown) => {
      if (this.#closing === undefined) this.#options.onlog(`a message could not be sent: ${String(error)}`);
    });
  }

  end(reason: string): void {
    this.#options.onlog(`${reason}; a connection ends`);
    void this.close(); // it never rejects
  }

  async #stop(): Promise<void> {
    const { session, modern } = this.#options;
    session.leave(this);
    modern.leave(this);
    await this.#transport?.close().catch((error: unknown) => this.#options.onlog(String(error)));
  }

  #receive(message: JsonRpcMessage): void {
    const { session, modern } = this.#options;
    if (this.#closing !== undefined || isResponse(message)) return; // Nobody has asked.
    if (isRequest(message)) return (isModern(message) ? modern : session).request(this, message);
    session.notify(this, message);
    modern.notify(this, message);
  }
}

/** A request of MCP 2026-07-28 and later says so itself; the probe for it may come without. */
function isModern(request: JsonRpcRequest): boolean {
  return typeof claimedVersion(request) === 'string' || request.method === 'server/discover';
}
