import { setTimeout as sleep } from 'node:timers/promises';

import type { Served } from '../served.ts';

/** A command that is being installed, a key file that is being repaired: soon enough, and no burden. */
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;

export interface SupervisedOptions {
  open: () => Promise<Served>;
  /** It is not served, for a reason that is said once; it is tried again and again. */
  onproblem: (message: string) => void;
  /** Who had the same key before: it has to be gone. */
  after?: Promise<void> | undefined;
  /** @default 1000 */
  firstRetryMs?: number | undefined;
}

/** One server that is opened as soon as that is possible, and its failures kept from the others. */
export class Supervised {
  readonly #options: SupervisedOptions;
  readonly #stopping = new AbortController();
  readonly #opening: Promise<void>;
  #served: Served | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: SupervisedOptions) {
    this.#options = options;
    this.#opening = this.#run();
  }

  kill(): void {
    this.#served?.kill();
  }

  /** Resolves when all of it has ended. Never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#stop();
    return this.#closing;
  }

  async #run(): Promise<void> {
    const { open, onproblem, after, firstRetryMs = FIRST_RETRY_MS } = this.#options;
    const { signal } = this.#stopping;
    let reported = '';
    await after;
    for (let waitMs = firstRetryMs; !signal.aborted; waitMs = Math.min(2 * waitMs, MAX_RETRY_MS)) {
      try {
        this.#served = await open();
        return;
      } catch (error) {
        const reason = messageOf(error);
        if (reason !== reported) onproblem(`${reason}; trying on`);
        reported = reason;
      }
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    await this.#opening;
    try {
      await this.#served?.close();
    } catch (error) {
      this.#options.onproblem(`it could not be closed: ${messageOf(error)}`);
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
