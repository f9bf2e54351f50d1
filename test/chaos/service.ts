import { setTimeout as sleep } from 'node:timers/promises';

import { Child } from './child.ts';

export interface ServiceOptions {
  name: string;
  file: string;
  setup: object;
  /** It ended although nobody killed it. */
  oncrash: (how: string) => void;
}

/** A process that is killed and comes back as it was: the same port, the same key. */
export class Service {
  readonly #options: ServiceOptions;
  /** It is up from now on, and was down until now. */
  onup: (() => void) | undefined;
  #child: Child | undefined;
  #downSince: number | undefined;
  /** Outages come one after the other. */
  #outages: Promise<void> = Promise.resolve();
  #recovery = new AbortController();

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  /** By `performance.now()`; undefined while it is up. */
  get downSince(): number | undefined {
    return this.#downSince;
  }

  async start(): Promise<void> {
    const { name, file, setup, oncrash } = this.#options;
    this.#child = await Child.start(name, file, setup, (how) => {
      this.#child = undefined;
      oncrash(how);
    });
    this.onup?.();
    this.#downSince = undefined;
  }

  /** Kills it and starts it again after this time, or at `recover()`. Resolves when it is back. */
  outage(downMs: number): Promise<void> {
    const { signal } = this.#recovery;
    this.#outages = this.#outages.then(async () => {
      this.#downSince ??= performance.now();
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
