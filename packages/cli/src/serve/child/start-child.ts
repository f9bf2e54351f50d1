import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { isRecord } from '@mcp-nostr/core';

import { oneLine } from '../../terminal.ts';
import { Child, type ChildEvents } from './child.ts';

export interface ChildCommand {
  command: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  /** @default our own folder */
  cwd?: string | undefined;
}

/**
 * Starts a program without a shell, as the leader of a process group of its own. `onspawned` comes before anything is
 * waited for: from then on there is a process.
 * @throws {Error} when it does not start; the message is for the caller
 */
export async function startChild(
  { command, args, env, cwd }: ChildCommand,
  events: ChildEvents,
  onspawned: (child: Child) => void,
): Promise<Child> {
  try {
    const started = spawn(command, args, { env, cwd, detached: true, windowsHide: true });
    // Always listened to: without a listener a failed start (EAGAIN, ENOENT) would end this process.
    started.on('error', () => undefined);
    const spawned = once(started, 'spawn');
    if (started.pid === undefined) await spawned;
    started.stdin.on('error', () => undefined); // The exit that follows says more than this EPIPE.
    const child = new Child(started, events);
    onspawned(child);
    await spawned;
    return child;
  } catch (error) {
    throw new Error(startFailure(command, error), { cause: error });
  }
}

function startFailure(command: string, error: unknown): string {
  const code = isRecord(error) && typeof error['code'] === 'string' ? error['code'] : String(error);
  const name = oneLine(command, 100);
  if (code === 'ENOENT') {
    return `the server's program ${name} was not found; its owner has to install it or correct the command given to serve`;
  }
  if (code === 'EACCES') {
    return `the server's program ${name} may not be executed; its owner has to allow that`;
  }
  if (code === 'EAGAIN' || code === 'EMFILE' || code === 'ENOMEM') {
    return `the server's machine has no room for another ${name} (${code}); try again later`;
  }
  return `the server's program ${name} could not be started: ${code}`;
}
