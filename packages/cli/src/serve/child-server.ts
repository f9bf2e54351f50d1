import {
  cancelledId,
  isProgressOf,
  failureResponse,
  isRequest,
  isResponse,
  type JsonRpcMessage,
  type JsonRpcNotification,
  type JsonRpcRequest,
  randomHex,
  type RequestId,
  SessionReplay,
} from '@mcp-nostr/core';

import { AskedRequests } from './asked-requests.ts';
import type { Children } from './child/children.ts';
import { type Greeted, KeptChild, type Refusal } from './child/kept-child.ts';
import { limits } from './child/limits.ts';
import { listChanges } from './child/list-changes.ts';
import type { ChildCommand } from './child/start-child.ts';

/** What a stdio server needs of a transport: a part of the SDK's `Transport`. */
export interface ServerTransport {
  start(): Promise<void>;
  send(message: JsonRpcMessage, options?: { relatedRequestId?: RequestId | undefined }): Promise<void>;
  close(): Promise<void>;
  onmessage?: ((message: JsonRpcMessage) => void) | undefined;
  onclose?: (() => void) | undefined;
}

export interface ChildServerOptions {
  children: Children;
  command: ChildCommand;
  /** What the program says on stderr and what becomes of it, without control characters. */
  onlog: (line: string) => void;
  /** The child and all that it started are gone. */
  ongone?: () => void;
  /** How long SIGTERM may take before SIGKILL follows. @default 2000 */
  graceMs?: number | undefined;
  /** Without use for so long the program is ended until the next request; 0 is never. @default 1800000 */
  idleMs?: number | undefined;
}

/** Messages on their way to the relays; above this the child has to wait. */
const MAX_SENDING = 64;

/**
 * A program that speaks MCP on stdin and stdout, for one connection. Messages pass through as they are. The connection
 * outlives the program: one that has ended is started again, and told what the session has told the one before.
 */
export class ChildServer {
  /** The program answers for itself which versions of MCP it speaks. */
  readonly decidesVersion = true;
  readonly #options: ChildServerOptions;
  readonly #child: KeptChild;
  readonly #replay = new SessionReplay();
  /** Requests of the client that the child has not answered. */
  readonly #pending: Map<RequestId, JsonRpcRequest> = new Map();
  readonly #asked = new AskedRequests();
  #transport: ServerTransport | undefined;
  #sending = 0;
  #closing: Promise<void> | undefined;

  constructor(options: ChildServerOptions) {
    this.#options = options;
    const { children, command, onlog } = options;
    this.#child = new KeptChild({
      start: (events, signal) => children.start(command, events, signal),
      stop: (child) => children.stop(child, options.graceMs ?? limits.graceMs),
      greet: (child) => this.#greet(child),
      isNeeded: () => !this.#replay.isEmpty,
      isBusy: () => this.#pending.size > 0 || this.#asked.size > 0 || this.#replay.hasSubscriptions,
      onmessage: (message) => this.#fromChild(message),
      ondown: (reason, isOver) => void this.#ondown(reason, isOver), // it never rejects
      onlog,
      idleMs: options.idleMs ?? limits.idleMs,
    });
  }

  async connect(transport: ServerTransport): Promise<void> {
    this.#transport = transport;
    transport.onmessage = (message) => this.#toChild(message);
    transport.onclose = () => void this.close(); // it never rejects
    await transport.start();
  }

  /** Ends the child and all that it started. Never rejects. */
  close(): Promise<void> {
    // Later, not now: closing the transport comes back here through its onclose.
    this.#closing ??= Promise.resolve().then(() => this.#stop());
    return this.#closing;
  }

  async #stop(): Promise<void> {
    await Promise.allSettled([this.#child.close(), this.#transport?.close()]);
    this.#options.ongone?.();
  }

  #toChild(message: JsonRpcMessage): void {
    if (this.#closing !== undefined) return;
    const cancelled = cancelledId(message);
    if (cancelled !== undefined) this.#pending.delete(cancelled);
    this.#replay.notified(message);
    const known = this.#asked.toServer(message);
    if (known === undefined) return;
    if (isRequest(message)) this.#pending.set(message.id, message);
    const refusal = this.#child.send(known);
    if (refusal !== undefined && isRequest(message)) this.#refuse(message, refusal);
  }

  #refuse({ id }: JsonRpcRequest, { code, message, retryAfterMs }: Refusal): void {
    this.#pending.delete(id);
    this.#send(failureResponse(id, code, message, retryAfterMs === undefined ? {} : { retryAfterMs }));
  }

  #fromChild(message: JsonRpcMessage): void {
    if (isRequest(message)) return this.#send(this.#asked.asked(message));
    if (!isResponse(message)) return this.#notify(message);
    const request = message.id === undefined ? undefined : this.#pending.get(message.id);
    if (request !== undefined) this.#pending.delete(request.id);
    if (request !== undefined && 'result' in message) this.#replay.answered(request, message);
    this.#send(message);
  }

  #notify(message: JsonRpcNotification): void {
    const shown = this.#asked.toClient(message);
    const cancelled = cancelledId(message);
    // Not a question of its own: with a cancellation a server ends a subscription (MCP 2026-07-28).
    if (cancelled !== undefined && shown === message) this.#pending.delete(cancelled);
    // Late progress must not reach a host that has its answer.
    const request = [...this.#pending.values()].find((each) => isProgressOf(message, each));
    this.#send(shown, request?.id);
  }

  #send(message: JsonRpcMessage, relatedRequestId?: RequestId): void {
    this.#sending += 1;
    if (this.#sending >= MAX_SENDING) this.#child.pause();
    void this.#transport
      ?.send(message, { relatedRequestId })
      .catch((error: unknown) => {
        if (this.#closing === undefined) this.#options.onlog(`a message could not be sent: ${String(error)}`);
      })
      .finally(() => {
        this.#sending -= 1;
        if (this.#sending < MAX_SENDING) this.#child.resume();
      });
  }

  /** Whoever waits for an answer is told why none comes: a call may have been executed, so it is not repeated. */
  async #ondown(reason: string, isOver: boolean): Promise<void> {
    const answers = [...this.#pending.keys()].map((id) => failureResponse(id, 'server_failed', reason));
    this.#pending.clear();
    const farewells = this.#asked.giveUp(reason);
    await Promise.allSettled([...answers, ...farewells].map(async (each) => this.#transport?.send(each)));
    if (isOver) await this.close();
  }

  /** A session of MCP 2025-11-25 and earlier is taken up again; those of later ones say everything in each request. */
  async #greet(child: Greeted): Promise<string | undefined> {
    const opening = this.#replay.opening(newId());
    if (opening === undefined) return undefined;
    const answer = await child.ask(opening);
    const objection = this.#replay.objection(answer);
    if (objection !== undefined) return objection;
    // A resource may be gone by now; the session is not.
    for (const message of this.#replay.rest(newId)) {
      if (isRequest(message)) await child.ask(message);
      else child.tell(message);
    }
    for (const change of listChanges(answer)) this.#send(change);
    return undefined;
  }
}

function newId(): string {
  return `serve-${randomHex(8)}`;
}
