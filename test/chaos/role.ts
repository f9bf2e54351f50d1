import type { ClientReport } from './evidence.ts';

export interface RelaySetup {
  port: number;
}

export interface ServerSetup {
  /** Hexadecimal. */
  secretKey: string;
  relays: string[];
  /** Takes a line for each execution. */
  executionsFile: string;
}

export interface ClientSetup {
  server: string;
  names: string[];
  seed: number;
  largeAnswerBytes: number;
  maxPauseMs: number;
}

/** What a client process is asked for; each is answered once. */
export type Command =
  | { type: 'work'; phase: string }
  /** No new calls; answered when all have settled, or when those that have not are given up. */
  | { type: 'rest'; limitMs: number }
  /** Each client calls until it succeeds. */
  | { type: 'last call'; limitMs: number }
  | { type: 'report' };

/** What a child process says to the parent. */
export type RoleMessage = { type: 'done' } | { type: 'report'; report: ClientReport };

/** What the process was started with, by the parent, from the same source. */
export function readSetup<T>(): T {
  // However the parent ends, its end of the pipe closes; there is no process that it leaves behind.
  process.stdin
    .on('end', () => process.exit())
    .on('error', () => process.exit())
    .resume();
  return JSON.parse(process.argv[2] ?? '') as T;
}

export function say(message: RoleMessage): void {
  process.send?.(message);
}
