import type { ChildProcess } from 'node:child_process';

const POLL_MS = 25;

/**
 * A child and all that it started, as one: a child spawned `detached` leads a process group of its own, so that
 * `npx`'s or a shell's children end with it. Windows has no such groups; there it is the child alone.
 */
export class ProcessGroup {
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** SIGTERM, and what is left after `graceMs` is killed. Resolves when the group is gone. */
  async stop(graceMs: number): Promise<void> {
    this.#signal('SIGTERM');
    const deadline = performance.now() + graceMs;
    while (this.#isAlive()) {
      if (performance.now() >= deadline) {
        this.kill();
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** At once, and without waiting: also for a process that is about to exit itself. */
  kill(): void {
    this.#signal('SIGKILL');
  }

  #isAlive(): boolean {
    return this.#signal(0);
  }

  /** @returns whether there was anything to signal */
  #signal(signal: NodeJS.Signals | 0): boolean {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined) return false;
    try {
      if (process.platform !== 'win32') return process.kill(-pid, signal);
      return exitCode === null && signalCode === null && process.kill(pid, signal);
    } catch {
      // ESRCH: nobody is left. EPERM: what is left runs as another user, and is out of our hands.
      return false;
    }
  }
}
