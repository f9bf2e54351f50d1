import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export const root: string = fileURLToPath(new URL('../..', import.meta.url));
/** The words before the arguments that run `mcp-nostr`: the file that ships, which `helpers/built-cli.ts` makes. */
export const cliWords: string[] = [process.execPath, `${root}packages/cli/dist/mcp-nostr.js`];

export interface Ended {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

export interface CliPlace {
  /** What runs `mcp-nostr`. @default the file that ships */
  words?: readonly string[];
  folder?: string;
}

/** One command line in a process of its own. */
export class CliRun {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';

  constructor(args: readonly string[], env: NodeJS.ProcessEnv, place: CliPlace = {}) {
    const [command = '', ...words] = [...(place.words ?? cliWords), ...args];
    this.child = spawn(command, words, {
      cwd: place.folder ?? root,
      env: { ...process.env, NO_COLOR: '1', ...env },
    });
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = once(this.child, 'close').then(() => ({
      exitCode: this.child.exitCode,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
  }

  /** The first line of stdout that is a JSON object with this event. Rejects when the process ends before. */
  async event(name: string): Promise<Record<string, unknown>> {
    for (;;) {
      for (const line of this.stdout.split('\n').slice(0, -1)) {
        const value = JSON.parse(line) as Record<string, unknown>;
        if (value['event'] === name) return value;
      }
      const more = once(this.child.stdout, 'data').then(() => undefined);
      const end = await Promise.race([more, this.ended]);
      if (end !== undefined) throw new Error(`it ended with ${end.exitCode}: ${end.stderr}`);
    }
  }

  /** The answer to a request that was written to its stdin. Rejects when the process ends before. */
  async answered(id: number): Promise<Record<string, unknown>> {
    for (;;) {
      for (const line of this.stdout.split('\n').slice(0, -1)) {
        const value = JSON.parse(line) as Record<string, unknown>;
        if (value['id'] === id && value['method'] === undefined) return value;
      }
      const more = once(this.child.stdout, 'data').then(() => undefined);
      const end = await Promise.race([more, this.ended]);
      if (end !== undefined) throw new Error(`it ended with ${end.exitCode}: ${end.stderr}`);
    }
  }

  /** What the groups of a pattern match in stderr, as soon as they do. Rejects when the process ends before. */
  async printed(pattern: RegExp): Promise<string[]> {
    for (;;) {
      const [match, ...groups] = pattern.exec(this.stderr) ?? [];
      if (match !== undefined) return groups;
      const more = once(this.child.stderr, 'data').then(() => undefined);
      const end = await Promise.race([more, this.ended]);
      if (end !== undefined) throw new Error(`it ended with ${end.exitCode}: ${end.stderr}`);
    }
  }

  async stop(): Promise<Ended> {
    this.child.kill('SIGTERM');
    return this.ended;
  }
}
