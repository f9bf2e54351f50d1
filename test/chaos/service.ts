import { setTimeout as sleep } from 'node:timers/promises';

import { Child } from './child.ts';

export interface ServiceOptions {
  name: string;
  file: string;
  setup: object;
  /** It ended although nobody killed it. */
  oncrash: (how: string) => void;
}

/** Whoever was up for no longer was not there: on a busy machine nobody had the time to come to it. */
const BLINK_MS = 2_000;

/** A process that is killed and comes back as it was: the same port, the same key. */
export class Service {
  readonly #options: ServiceOptions;
  /** It is up from now on, and was down until now. */
  onup: (() => void) | undefined;
  #child: Child | undefined;
  #downSince = 0;
  /** Infinity while it is down. */
  #upSince = -Infinity;
  /** Outages come one after the other. */
  #outages: Promise<void> = Promise.resolve();
  #recovery = new AbortController();

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  /** By `performance.now()`; undefined while it is up. Has it come back for a moment only, that does not count. */
  get downSince(): number | undefined {
    return this.#upSince === Infinity ? this.#downSince : undefined;
  }

  async start(): Promise<void> {
    const { name, file, setup, oncrash } = this.#options;
    this.#child = await Child.start(name, file, setup, (how) => {
      this.#child = undefined;
      oncrash(how);
    });
    this.onup?.();
    this.#upSince = performance.now();
  }

  /** Kills it and starts it again after this time, or at `recover()`. Resolves when it is back. */
  outage(downMs: number): Promise<void> {
    const { signal } = this.#recovery;
    this.#outages = this.#outages.then(async () => {
      const now = performance.now();
      if (now - this.#upSince > BLINK_MS) this.#downSince = now;
      this.#upSince = Infinity;
      await this.#child?.kill();
      await sleep(downMs, undefined, { signal }).catch(() => {}); // cut short
      await this.start();
    });
    return this.#outages;
  }

  /** Resolves when it is up, however it was. */
  async recover(): Promise<void> {
    this.#recovery.abort();
    await this.#outages;
    this.#recovery = new AbortController();
    if (this.#child === undefined) await this.start();
  }
}
