import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import { isRecord } from '@mcp-nostr/core';

export type Event = Record<string, unknown>;

const root = fileURLToPath(new URL('../..', import.meta.url));
const cli = ['--conditions=@mcp-nostr/source', '--import', 'tsx', 'packages/cli/src/main.ts'];

/** `mcp-nostr` in a process of its own, from the sources, with `--json`: one event a line. */
export class CliProcess {
  /** Every event so far. */
  readonly events: Event[] = [];
  readonly #name: string;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #exited: Promise<unknown>;
  #stderr = '';
  #onevent: (event: Event) => void = () => {};

  constructor(args: [string, ...string[]], env: NodeJS.ProcessEnv) {
    this.#name = args[0];
    this.#child = spawn(process.execPath, [...cli, ...args], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#exited = once(this.#child, 'close');
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = `${this.#stderr}${text}`.slice(-2_000);
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const event: unknown = JSON.parse(line);
      if (!isRecord(event)) return;
      this.events.push(event);
      this.#onevent(event);
    });
  }

  /** From now on. */
  set onevent(listener: (event: Event) => void) {
    this.#onevent = listener;
  }

  /** The first event that fits, past or to come. Rejects with what the process said last when it ends before. */
  async first(fits: (event: Event) => boolean): Promise<Event> {
    for (;;) {
      const found = this.events.find(fits);
      if (found !== undefined) return found;
      const { exitCode, signalCode } = this.#child;
      if (exitCode !== null || signalCode !== null) {
        throw new Error(`mcp-nostr ${this.#name} ended (${exitCode ?? signalCode}): ${this.#stderr.trim()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Asks it to end, as Ctrl-C would, and waits until it has. */
  async stop(): Promise<void> {
    this.kill('SIGTERM');
    const timer = setTimeout(() => this.kill('SIGKILL'), 5_000);
    await this.#exited;
    clearTimeout(timer);
  }

  kill(signal: NodeJS.Signals): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(signal);
  }
}
