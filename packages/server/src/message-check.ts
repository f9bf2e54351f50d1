import {
  type FailureCode,
  failureResponse,
  isRequest,
  isResponse,
  type JsonRpcErrorResponse,
  type JsonRpcMessage,
  type JsonRpcNotification,
  type JsonRpcRequest,
} from '@mcp-nostr/core';
import { Filter } from '@mcp-nostr/core/filter';

import type { Caller } from './caller.ts';
import { limits } from './limits.ts';
import { type Denial, denialMessage, type Permission } from './policy.ts';

/**
 * Asked about each request and notification of a caller before the MCP server sees it, except `notifications/cancelled`.
 * What it returns is told to the caller; one that throws, or is silent for 10 s, has refused.
 */
export type Authorize = (
  caller: Caller,
  message: JsonRpcRequest | JsonRpcNotification,
) => Denial | undefined | Promise<Denial | undefined>;

/** The MCP server must not see it. */
export class Refused {
  readonly code: FailureCode;
  /** What a request is answered. */
  readonly answer: JsonRpcErrorResponse | undefined;

  constructor(code: FailureCode, answer: JsonRpcErrorResponse | undefined) {
    this.code = code;
    this.answer = answer;
  }
}

type Result = JsonRpcMessage | Refused;

export interface MessageCheckOptions {
  caller: Caller;
  permission: Permission;
  authorize: Authorize | undefined;
  onerror: (error: unknown) => void;
}

/** Decides about each message of one connection, and takes out of answers what is not there for its caller. */
export class MessageCheck {
  readonly #options: MessageCheckOptions;
  #filters: readonly Filter[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: MessageCheckOptions) {
    this.#options = options;
    this.permission = options.permission;
  }

  /** It counts from the next message on. */
  set permission({ names = [] }: Permission) {
    this.#filters = names.map((rules) => new Filter(rules));
  }

  /** A message of the client. A promise only where the hook returns one; it never rejects. */
  toServer(message: JsonRpcMessage): Result | Promise<Result> {
    const { authorize } = this.#options;
    let passed = message;
    for (const filter of this.#filters) {
      const { message: next, answer } = filter.toServer(passed);
      if (next === undefined) return new Refused('not_allowed', answer);
      passed = next;
    }
    if (authorize === undefined || isResponse(passed)) return passed;
    return passed.method === 'notifications/cancelled' ? passed : this.#ask(authorize, passed);
  }

  /** A message of the server; undefined when it is not for this client. */
  toClient(message: JsonRpcMessage): JsonRpcMessage | undefined {
    let passed: JsonRpcMessage | undefined = message;
    for (const filter of this.#filters) passed = passed && filter.toClient(passed);
    return passed;
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #ask(authorize: Authorize, message: JsonRpcRequest | JsonRpcNotification): Result | Promise<Result> {
    try {
      const answer = authorize(this.#options.caller, message);
      if (answer === undefined || 'code' in answer) return resultOf(answer, message);
      return this.#wait(answer, message);
    } catch (error) {
      return this.#undecided(error, message);
    }
  }

  async #wait(
    answer: Promise<Denial | undefined>,
    message: JsonRpcRequest | JsonRpcNotification,
  ): Promise<Result> {
    const timeoutMs = limits.authorizeTimeoutMs;
    const timeout = new Promise<never>((_, reject) => {
      this.#timer = setTimeout(() => {
        reject(new Error(`authorize() has not decided about ${message.method} within ${timeoutMs} ms`));
      }, timeoutMs);
    });
    try {
      return resultOf(await Promise.race([answer, timeout]), message);
    } catch (error) {
      return this.#undecided(error, message);
    } finally {
      clearTimeout(this.#timer);
    }
  }

  /** Whoever cannot decide has not allowed it. */
  #undecided(error: unknown, message: JsonRpcRequest | JsonRpcNotification): Result {
    this.#options.onerror(error);
    return resultOf({ code: 'not_allowed', message: 'the server could not decide about this' }, message);
  }
}

function resultOf(denial: Denial | undefined, message: JsonRpcRequest | JsonRpcNotification): Result {
  if (denial === undefined) return message;
  const { code, retryAfterMs } = denial;
  if (!isRequest(message)) return new Refused(code, undefined);
  const data = retryAfterMs === undefined ? {} : { retryAfterMs: Math.ceil(retryAfterMs) };
  return new Refused(code, failureResponse(message.id, code, denialMessage(denial), data));
}
