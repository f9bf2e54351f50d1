import {
  cancelledId,
  failureResponse,
  isRequest,
  isResponse,
  type JsonRpcMessage,
  type JsonRpcNotification,
  type JsonRpcRequest,
} from '@mcp-nostr/core';

import type { Children } from '../child/children.ts';
import { type Greeted, KeptChild, type Refusal } from '../child/kept-child.ts';
import { limits } from '../child/limits.ts';
import type { ChildCommand } from '../child/start-child.ts';
import { type Call, type Seat, SharedCalls } from './shared-calls.ts';

export interface SharedChildOptions {
  children: Children;
  command: ChildCommand;
  onlog: (line: string) => void;
  /** @default 1800000 */
  idleMs?: number | undefined;
  /** @default 2000 */
  graceMs?: number | undefined;
}

/** What a program is to all connections together, beside the answers to their requests. */
export interface SharedRole {
  /** Whether a cancellation names a request of a client, as the end of a subscription, or one of the program's own. */
  cancels: boolean;
  greet: (child: Greeted) => Promise<void>;
  isNeeded: () => boolean;
  isBusy: () => boolean;
  /** A notification that may be for more than one call. */
  onnews: (message: JsonRpcNotification) => void;
  onanswered: (call: Call, answer: JsonRpcMessage) => void;
  ondown: (reason: string) => void;
}

/** One program for the calls of many connections. What it does not relate to a call reaches none of them by itself. */
export class SharedChild {
  readonly #role: SharedRole;
  readonly #child: KeptChild;
  readonly #calls = new SharedCalls();

  constructor({ children, command, onlog, idleMs, graceMs }: SharedChildOptions, role: SharedRole) {
    this.#role = role;
    this.#child = new KeptChild({
      start: (events, signal) => children.start(command, events, signal),
      stop: (child) => children.stop(child, graceMs ?? limits.graceMs),
      greet: (child) => role.greet(child).then(() => undefined),
      isNeeded: role.isNeeded,
      isBusy: () => this.#calls.size > 0 || role.isBusy(),
      onmessage: (message) => this.#fromChild(message),
      ondown: (reason) => this.#ondown(reason),
      onlog,
      idleMs: idleMs ?? limits.idleMs,
    });
  }

  get isUp(): boolean {
    return this.#child.isUp;
  }

  wake(): Refusal | undefined {
    return this.#child.wake();
  }

  request(seat: Seat, request: JsonRpcRequest): void {
    const call = { seat, request };
    const known = this.#calls.add(call);
    const refusal = this.#child.send(known);
    if (refusal === undefined) return;
    this.#calls.take(refusalAnswer(known, refusal));
    seat.send(refusalAnswer(request, refusal));
  }

  /** What has no answer, where it concerns the program: that a connection gives up a request of its own. */
  notify(seat: Seat, notification: JsonRpcNotification): void {
    const known = this.#calls.cancel(seat, notification);
    if (known !== undefined) this.#child.send(known);
  }

  leave(seat: Seat): void {
    for (const cancellation of this.#calls.leave(seat)) this.#child.send(cancellation);
  }

  /** Never rejects. */
  close(): Promise<void> {
    return this.#child.close();
  }

  #fromChild(message: JsonRpcMessage): void {
    if (isRequest(message)) return void this.#child.send(answerTo(message));
    if (cancelledId(message) !== undefined && !this.#role.cancels) return;
    const taken = this.#calls.take(message);
    if (taken === undefined) {
      if (!isResponse(message)) this.#role.onnews(message);
      return;
    }
    const { call } = taken;
    if (isResponse(message)) this.#role.onanswered(call, message);
    call.seat.send(taken.message, isResponse(message) ? undefined : call.request.id);
  }

  #ondown(reason: string): void {
    for (const { seat, request } of this.#calls.takeAll())
      seat.send(failureResponse(request.id, 'server_failed', reason));
    this.#role.ondown(reason);
  }
}

export function refusalAnswer(
  { id }: JsonRpcRequest,
  { code, message, retryAfterMs }: Refusal,
): JsonRpcMessage {
  return failureResponse(id, code, message, retryAfterMs === undefined ? {} : { retryAfterMs });
}

/** A request of the program: there is no one client that could answer it, and none has said that it could. */
function answerTo({ id, method }: JsonRpcRequest): JsonRpcMessage {
  if (method === 'ping') return { jsonrpc: '2.0', id, result: {} };
  const message = `Method not found: ${method}; this process serves many clients, and asks none of them`;
  return { jsonrpc: '2.0', id, error: { code: -32_601, message } };
}
