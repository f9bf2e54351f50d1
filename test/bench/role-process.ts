import { type ChildProcess, fork } from 'node:child_process';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { RoleMessage, RoleRequest, Tasks } from './role.ts';

const START_TIMEOUT_MS = 15_000;
/** Above the length of any task; calls that hang must not hang the benchmark. */
const TASK_TIMEOUT_MS = 25_000;

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
      // What is garbage is not to count as memory in use.
      execArgv: ['--expose-gc', '--import', 'tsx'],
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
    const message = await role.#next('start', START_TIMEOUT_MS);
    if (message.type !== 'ready') throw new Error(`${role.#name} failed to start`);
    return { role, where: message.where };
  }

  /** Has the task done there; only one at a time. */
  async do<Name extends keyof Tasks>(
    task: Name,
    input: Parameters<Tasks[Name]>[0],
  ): Promise<Awaited<ReturnType<Tasks[Name]>>> {
    if (!this.#child.connected) throw new Error(`${this.#name}, ${task}: it has ended`);
    const answer = this.#next(task, TASK_TIMEOUT_MS);
    // The exit of the process says what a failure to reach it would.
    this.#child.send({ task, input } satisfies RoleRequest, () => {});
    const message = await answer;
    if (message.type === 'done') return message.output as Awaited<ReturnType<Tasks[Name]>>;
    const reason = message.type === 'failed' ? message.reason : 'unexpected answer';
    throw new Error(`${this.#name}, ${task}: ${reason}`);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #next(task: string, timeoutMs: number): Promise<RoleMessage> {
    return new Promise((resolve, reject) => {
      const done = (settle: () => void): void => {
        clearTimeout(timer);
        this.#child.off('message', onmessage);
        this.#child.off('exit', onexit);
        settle();
      };
      const failed = (what: string): void => done(() => reject(new Error(`${this.#name}, ${task}: ${what}`)));
      const onmessage = (message: unknown): void => done(() => resolve(message as RoleMessage));
      const onexit = (code: number | null): void => failed(`it ended with code ${code}`);
      const timer = setTimeout(() => failed(`nothing for ${timeoutMs} ms`), timeoutMs);
      this.#child.on('message', onmessage);
      this.#child.on('exit', onexit);
    });
  }
}
