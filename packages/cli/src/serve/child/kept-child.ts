import {
  isRequest,
  isResponse,
  type JsonRpcMessage,
  type JsonRpcRequest,
  type RequestId,
} from '@mcp-nostr/core';

import type { Answer } from '../../answer.ts';
import { errorText } from '../../failure-answer.ts';
import { formatDuration } from '../../terminal.ts';
import type { Child, ChildEvents } from './child.ts';
import { limits } from './limits.ts';
import { Restarts } from './restarts.ts';

/** What a new program is told before all else. */
export interface Greeted {
  /** @throws {Error} when the program ends before it answers */
  ask(request: JsonRpcRequest): Promise<Answer>;
  tell(message: JsonRpcMessage): void;
}

/** Why a message was not taken. */
export interface Refusal {
  code: 'busy' | 'server_failed';
  message: string;
  /** When it may be worth trying again. */
  retryAfterMs?: number;
}

export interface KeptChildOptions {
  start: (events: ChildEvents, signal: AbortSignal) => Promise<Child>;
  /** Resolves when the child and all that it started are gone. */
  stop: (child: Child) => Promise<void>;
  /**
   * Tells a new program what it has to know; what is sent meanwhile waits. A rejection is a failure of the program.
   * @returns why there is no going on, also not with another start, if so
   */
  greet: (child: Greeted) => Promise<string | undefined>;
  /** Somebody relies on a program that runs, although nothing was asked. */
  isNeeded: () => boolean;
  /** Something is under way that its end would cut off. */
  isBusy: () => boolean;
  onmessage: (message: JsonRpcMessage) => void;
  /** It has ended, for this reason: what was sent is not answered any more. `isOver`: and it does not come back. */
  ondown: (reason: string, isOver: boolean) => void;
  onlog: (line: string) => void;
  /** Without use for so long it is ended, until there is something to ask; 0 is never. */
  idleMs: number;
}

/**
 * A program that is there when it is needed: started by the first request, again after its end, and ended when nobody
 * has used it for long.
 */
export class KeptChild {
  readonly #options: KeptChildOptions;
  readonly #restarts = new Restarts();
  readonly #controller = new AbortController();
  #child: Child | undefined;
  /** What waits for the program that is being started; undefined at any other time. */
  #waiting: JsonRpcMessage[] | undefined;
  #starting: Promise<void> = Promise.resolve();
  /** The end of the program before: what it started may still hold what the next one needs. */
  #stopping: Promise<void> = Promise.resolve();
  #outage: { reason: string; untilMs: number; timer: NodeJS.Timeout } | undefined;
  /** Answers to our own requests. */
  readonly #asked: Map<RequestId, { resolve: (answer: Answer) => void; reject: (error: Error) => void }> =
    new Map();
  #usedAt: number = performance.now();
  #idleTimer: NodeJS.Timeout | undefined;
  #healthTimer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: KeptChildOptions) {
    this.#options = options;
  }

  /** It is there and has been told what it has to know. */
  get isUp(): boolean {
    return this.#child !== undefined && this.#waiting === undefined;
  }

  /** Has it started where it is not there. Returns why that has to wait. */
  wake(): Refusal | undefined {
    if (this.#closing !== undefined) return { code: 'server_failed', message: 'the connection was closed' };
    this.#usedAt = performance.now();
    if (this.#outage !== undefined) return this.#refusal(this.#outage);
    if (this.#child === undefined && this.#waiting === undefined) this.#start();
    return undefined;
  }

  /** Returns why a request cannot be answered. What is no request wakes nobody. */
  send(message: JsonRpcMessage): Refusal | undefined {
    const isAsleep = this.#child === undefined && this.#waiting === undefined;
    if (isAsleep && !isRequest(message)) return undefined;
    const refusal = this.wake();
    if (refusal !== undefined) return refusal;
    if (this.#waiting !== undefined) {
      if (this.#waiting.length >= limits.maxWaiting)
        return { code: 'busy', message: 'the server is being started; try again later' };
      this.#waiting.push(message);
      return undefined;
    }
    if (this.#child?.write(message) === false)
      return { code: 'busy', message: 'the server does not keep up' };
    return undefined;
  }

  /** For back-pressure: what it writes is not read until {@link resume}. */
  pause(): void {
    this.#child?.pause();
  }

  resume(): void {
    this.#child?.resume();
  }

  /** Ends it for good. Never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearTimeout(this.#outage?.timer);
    this.#controller.abort(new Error('the connection was closed'));
    this.#stop('the connection was closed');
    await this.#starting;
    await this.#stopping;
  }

  #start(): void {
    const waiting: JsonRpcMessage[] = [];
    this.#waiting = waiting;
    this.#starting = this.#bringUp(waiting);
  }

  /** Never rejects. */
  async #bringUp(waiting: JsonRpcMessage[]): Promise<void> {
    try {
      await this.#stopping;
      const child: Child = await this.#options.start(
        {
          onmessage: (message) => this.#onmessage(message),
          onlog: (line) => this.#log(line),
          onended: (how) => {
            if (this.#child === child) this.#failed(`the server's program ${how}`);
          },
        },
        this.#controller.signal,
      );
      this.#child = child;
      if (this.#closing !== undefined) return this.#stop('the connection was closed');
      const objection = await this.#greet(child);
      if (this.#waiting !== waiting) return;
      if (objection !== undefined) return this.#giveUp(objection);
      this.#waiting = undefined;
      for (const message of waiting) child.write(message);
      this.#watchHealth();
      this.#watchIdleness();
    } catch (error) {
      if (this.#waiting === waiting) this.#failed(errorText(error));
    }
  }

  async #greet(child: Child): Promise<string | undefined> {
    const inTime = formatDuration(limits.greetingMs);
    const timer = setTimeout(
      () => this.#failed(`the server's program did not take up the session within ${inTime}`),
      limits.greetingMs,
    );
    try {
      return await this.#options.greet({
        ask: (request) =>
          new Promise((resolve, reject) => {
            this.#asked.set(request.id, { resolve, reject });
            child.write(request);
          }),
        tell: (message) => void child.write(message),
      });
    } finally {
      clearTimeout(timer);
    }
  }

  #onmessage(message: JsonRpcMessage): void {
    this.#usedAt = performance.now();
    const asked = isResponse(message) && message.id !== undefined ? this.#asked.get(message.id) : undefined;
    if (asked === undefined || !isResponse(message)) return this.#options.onmessage(message);
    if (message.id !== undefined) this.#asked.delete(message.id);
    asked.resolve(message);
  }

  /** It ended, or did not come up. */
  #failed(reason: string): void {
    const delayMs = this.#restarts.failed({ hasWorked: this.#child?.hasSpoken === true });
    this.#stop(reason);
    this.#logFailure(reason.replace("the server's program", 'the program'), delayMs);
    this.#options.ondown(reason, false);
    if (delayMs === 0) return this.#tryAgain();
    const timer = setTimeout(() => this.#tryAgain(), delayMs);
    this.#outage = { reason, untilMs: performance.now() + delayMs, timer };
  }

  #giveUp(objection: string): void {
    void this.close(); // it never rejects
    this.#options.onlog(objection);
    this.#options.ondown(objection, true);
  }

  #tryAgain(): void {
    this.#outage = undefined;
    const { isNeeded, isBusy } = this.#options;
    if (isNeeded() && (isBusy() || !this.#isIdle())) this.#start();
  }

  #refusal({ reason, untilMs }: { reason: string; untilMs: number }): Refusal {
    const retryAfterMs = Math.max(Math.ceil(untilMs - performance.now()), 1);
    return {
      code: 'server_failed',
      message: `${reason}; it is tried again in ${formatDuration(retryAfterMs)}`,
      retryAfterMs,
    };
  }

  /** The program goes, whatever state it is in; the next one waits for its end. */
  #stop(reason: string): void {
    const child = this.#child;
    this.#child = undefined;
    this.#waiting = undefined;
    for (const { reject } of this.#asked.values()) reject(new Error(reason));
    this.#asked.clear();
    clearTimeout(this.#idleTimer);
    clearTimeout(this.#healthTimer);
    if (child !== undefined) this.#stopping = this.#options.stop(child);
  }

  #isIdle(): boolean {
    const { idleMs } = this.#options;
    return idleMs > 0 && performance.now() - this.#usedAt >= idleMs;
  }

  #watchIdleness(): void {
    const { idleMs, isBusy, onlog } = this.#options;
    if (idleMs === 0) return;
    const leftMs = isBusy() ? idleMs : this.#usedAt + idleMs - performance.now();
    this.#idleTimer = setTimeout(
      () => {
        if (isBusy() || !this.#isIdle()) return this.#watchIdleness();
        const reason = `the program was not used for ${formatDuration(idleMs)} and was ended`;
        onlog(reason);
        this.#stop(reason);
      },
      // A timer of more than 2^31 ms would fire at once.
      Math.min(leftMs, 2 ** 31 - 1),
    );
    this.#idleTimer.unref();
  }

  #watchHealth(): void {
    this.#healthTimer = setTimeout(() => {
      if (this.#restarts.failures >= limits.maxLoggedFailures) this.#options.onlog('the program runs again');
      this.#restarts.healthy();
    }, limits.healthyMs);
    this.#healthTimer.unref();
  }

  /** Not what a program says that fails again and again. */
  #log(line: string): void {
    if (this.#restarts.failures < limits.maxLoggedFailures) this.#options.onlog(line);
  }

  #logFailure(reason: string, delayMs: number): void {
    const { failures } = this.#restarts;
    if (failures > limits.maxLoggedFailures) return;
    const when = delayMs === 0 ? 'at once' : `in ${formatDuration(delayMs)}`;
    const silence = failures === limits.maxLoggedFailures ? '; nothing more is said until it runs again' : '';
    this.#options.onlog(`${reason}; it is tried again ${when}${silence}`);
  }
}
