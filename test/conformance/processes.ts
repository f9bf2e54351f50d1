import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

/** Every process that was started and has not ended. */
const running = new Set<ChildProcess>();

/** For the end of the command, whatever the end. */
export function killAll(): void {
  for (const child of running) kill(child, 'SIGKILL');
}

export interface ProcessOptions {
  folder?: string;
  env?: NodeJS.ProcessEnv;
  /** It is killed after this. @default never */
  limitMs?: number;
}

export interface Ended {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** A process with all that it starts. */
export class Program {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  stdout = '';
  stderr = '';

  constructor(command: string, words: readonly string[], { folder, env, limitMs }: ProcessOptions = {}) {
    const child = spawn(command, words, {
      cwd: folder,
      env: { ...process.env, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // the leader of a group, which ends as one
    });
    running.add(child);
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.#child = child;
    const limit = limitMs === undefined ? undefined : setTimeout(() => kill(child, 'SIGKILL'), limitMs);
    this.ended = once(child, 'close')
      .finally(() => {
        clearTimeout(limit);
        running.delete(child);
      })
      .then(() => ({ exitCode: child.exitCode, stdout: this.stdout, stderr: this.stderr }));
  }

  /** What `find` gives for stderr as soon as it gives something. Rejects when the process ends before. */
  async seen(find: (stderr: string) => string | undefined): Promise<string> {
    for (;;) {
      const found = find(this.stderr);
      if (found !== undefined) return found;
      const more = once(this.#child.stderr, 'data').then(() => undefined);
      const end = await Promise.race([more, this.ended]);
      if (end !== undefined) throw new Error(`it ended with ${end.exitCode}: ${end.stderr}`);
    }
  }

  async close(): Promise<void> {
    kill(this.#child, 'SIGTERM');
    await this.ended;
  }
}

function kill({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended.
  }
}
