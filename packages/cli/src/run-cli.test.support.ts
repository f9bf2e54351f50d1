import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const flags = ['--conditions=@mcp-nostr/source', '--import', 'tsx'];

export interface Run {
  child: ChildProcessWithoutNullStreams;
  stdout(): string;
  stderr(): string;
  /** Exit code, or the signal that ended it. */
  exited: Promise<number | string>;
}

/** A TypeScript program of this package in a process of its own. */
export function runSource(path: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Run {
  return run([...flags, path, ...args], env);
}

/** `mcp-nostr` as it ships. */
export function runCli(args: readonly string[], env: NodeJS.ProcessEnv = {}): Run {
  return run(['packages/cli/dist/mcp-nostr.js', ...args], env);
}

function run(words: readonly string[], env: NodeJS.ProcessEnv): Run {
  const child = spawn(process.execPath, words, {
    cwd: root,
    env: { ...process.env, NO_COLOR: '1', ...env },
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text));
  child.stdin.on('error', () => undefined);
  const exited = once(child, 'close').then(([code, signal]: unknown[]) =>
    typeof code === 'number' ? code : String(signal),
  );
  return { child, exited, stdout: () => texts.stdout, stderr: () => texts.stderr };
}

/** Resolves when the condition holds. @throws {Error} after the time, with what was waited for */
export async function until(what: string, condition: () => boolean, timeoutMs = 45_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Whether a process of this id runs. One that has ended but was not collected by its parent (a zombie) does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
