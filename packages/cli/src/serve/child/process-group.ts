import type { ChildProcess } from 'node:child_process';

const POLL_MS = 25;

/**
 * A child and all that it started, as one: a child spawned `detached` leads a process group of its own, so that
 * `npx`'s or a shell's children end with it. Windows has no such groups; there it is the child alone. What leaves
 * the group on purpose (`setsid`, a daemon) is not ours any more.
 */
export class ProcessGroup {
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** The group's id: the leader's process id, which is not given to another while one member lives. */
  get id(): number | undefined {
    return this.#child.pid;
  }

  get isAlive(): boolean {
    return this.#signal(0);
  }

  /** SIGTERM, and what is left after `graceMs` is killed. Resolves when the group is gone, or `killMs` after that. */
  async stop(graceMs: number, killMs: number): Promise<void> {
    this.#signal('SIGTERM');
    if (await this.#isGoneWithin(graceMs)) return;
    this.kill();
    await this.#isGoneWithin(killMs);
  }

  /** At once, and without waiting: also for a process that is about to exit itself. */
  kill(): void {
    this.#signal('SIGKILL');
  }

  async #isGoneWithin(timeoutMs: number): Promise<boolean> {
    const deadline = performance.now() + timeoutMs;
    while (this.isAlive) {
      if (performance.now() >= deadline) return false;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    return true;
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
