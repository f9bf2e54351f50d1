import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

import type { Command, RoleMessage } from './role.ts';

const START_TIMEOUT_MS = 60_000;

/** Every process that was started and has not ended. */
const running = new Set<ChildProcess>();

/** For the end of the harness, whatever the end. */
export function killAllChildren(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** One child process with a role. */
export class Child {
  readonly #name: string;
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;

  private constructor(name: string, file: string, setup: object) {
    this.#name = name;
    // Its stdin is the pipe by whose end it knows that we are gone. Nothing but the report goes to our stdout.
    this.#process = fork(file, [JSON.stringify(setup)], { execArgv: [], stdio: ['pipe', 2, 2, 'ipc'] });
    this.#process.stdin?.on('error', () => {}); // it was killed
    running.add(this.#process);
    this.#ended = once(this.#process, 'exit').finally(() => running.delete(this.#process));
  }

  /** Resolves when it is ready. `onexit` comes when it ends by itself. */
  static async start(
    name: string,
    file: string,
    setup: object,
    onexit: (how: string) => void,
  ): Promise<Child> {
    const child = new Child(name, file, setup);
    child.#process.once('exit', (code, signal) => {
      if (signal !== 'SIGKILL') onexit(`exit code ${code}, signal ${signal}`);
    });
    await child.#next(START_TIMEOUT_MS);
    return child;
  }

  /** @throws {Error} when it ends instead of answering, or does not answer in time */
  async ask(command: Command, timeoutMs: number): Promise<RoleMessage> {
    const answer = this.#next(timeoutMs);
    this.#process.send(command);
    return answer;
  }

  /** Resolves when it is gone, and its port free. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#ended;
  }

  #next(timeoutMs: number): Promise<RoleMessage> {
    return new Promise((resolve, reject) => {
      const done = (settle: () => void): void => {
        clearTimeout(timer);
        this.#process.off('message', onmessage);
        this.#process.off('exit', onexit);
        settle();
      };
      const fail = (what: string): void => done(() => reject(new Error(`${this.#name} ${what}`)));
      const onmessage = (message: unknown): void => done(() => resolve(message as RoleMessage));
      const onexit = (code: number | null): void => fail(`ended with code ${code}`);
      const timer = setTimeout(() => fail(`said nothing for ${timeoutMs} ms`), timeoutMs);
      this.#process.on('message', onmessage);
      this.#process.on('exit', onexit);
    });
  }
}
