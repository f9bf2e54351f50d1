import { type ChildProcess, fork } from 'node:child_process';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Plan } from './measure.ts';
import type { RoleMessage } from './role.ts';
import type { Measurement } from './stats.ts';

const START_TIMEOUT_MS = 15_000;
/** Above the length of a measurement; calls that hang must not hang the benchmark. */
const ANSWER_TIMEOUT_MS = 20_000;

/**
 * One child process. It runs the built packages: only its own small file goes through tsx, once, and the condition
 * that leads to their sources is not passed on.
 */
export class RoleProcess {
  readonly #name: string;
  readonly #child: ChildProcess;

  private constructor(file: URL, values: string[]) {
    this.#name = basename(file.pathname);
    this.#child = fork(fileURLToPath(file), values, {
      execArgv: ['--import', 'tsx'],
      // Nothing but the report goes to stdout.
      stdio: ['ignore', 2, 2, 'ipc'],
    });
  }

  /** `started` is told of the process at once, to end it whatever happens. */
  static async start(
    file: URL,
    values: string[],
    started: (role: RoleProcess) => void,
  ): Promise<{ role: RoleProcess; where: string }> {
    const role = new RoleProcess(file, values);
    started(role);
    const message = await role.#next(START_TIMEOUT_MS);
    if (message.type !== 'ready') throw new Error(`${role.#name} failed to start`);
    return { role, where: message.where };
  }

  async measure(plan: Plan): Promise<Measurement> {
    const answer = this.#next(ANSWER_TIMEOUT_MS);
    this.#child.send(plan);
    const message = await answer;
    if (message.type === 'measured') return message.measurement;
    throw new Error(`${this.#name}: ${message.type === 'failed' ? message.reason : 'unexpected answer'}`);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #next(timeoutMs: number): Promise<RoleMessage> {
    return new Promise((resolve, reject) => {
      const done = (settle: () => void): void => {
        clearTimeout(timer);
        this.#child.off('message', onmessage);
        this.#child.off('exit', onexit);
        settle();
      };
      const onmessage = (message: unknown): void => done(() => resolve(message as RoleMessage));
      const onexit = (code: number | null): void =>
        done(() => reject(new Error(`${this.#name} ended with code ${code}`)));
      const timer = setTimeout(
        () => done(() => reject(new Error(`${this.#name} said nothing for ${timeoutMs} ms`))),
        timeoutMs,
      );
      this.#child.on('message', onmessage);
      this.#child.on('exit', onexit);
    });
  }
}
