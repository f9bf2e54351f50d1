import type { Child, ChildEvents } from './child.ts';
import { limits } from './limits.ts';
import { type ChildCommand, startChild } from './start-child.ts';
import { Turns } from './turns.ts';
import { Watchdog } from './watchdog.ts';

/** All programs that this process has started and not yet seen the end of. */
export class Children {
  readonly #watchdog: Watchdog;
  readonly #turns = new Turns(limits.maxStarting);
  readonly #running: Set<Child> = new Set();

  constructor(onproblem: (problem: string) => void) {
    this.#watchdog = new Watchdog(onproblem);
  }

  /** Of which some may have ended, while what they started has not been stopped. */
  get size(): number {
    return this.#running.size;
  }

  /** When it is its turn. @throws {Error} when it does not start, or the signal comes first */
  async start(command: ChildCommand, events: ChildEvents, signal: AbortSignal): Promise<Child> {
    const giveBack = await this.#turns.take(signal);
    try {
      const child = await startChild(command, events, (spawned) => this.#add(spawned));
      const timer = setTimeout(giveBack, limits.startTurnMs).unref();
      void child.spoken.then(() => {
        clearTimeout(timer);
        giveBack();
      });
      return child;
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  /** Ends it and all that it started. Never rejects. */
  async stop(child: Child, graceMs: number): Promise<void> {
    await child.stop(graceMs);
    // What may be left has its SIGKILL and waits for init to collect it; in a container without one, for ever.
    this.#running.delete(child);
    if (child.group.id !== undefined) this.#watchdog.release(child.group.id);
  }

  /** For the last moment of this process: no waiting, no farewell. */
  kill(): void {
    for (const { group } of this.#running) group.kill();
  }

  /** When all of them are stopped. */
  close(): void {
    this.#watchdog.close();
  }

  #add(child: Child): void {
    this.#running.add(child);
    if (child.group.id !== undefined) this.#watchdog.guard(child.group.id);
  }
}
