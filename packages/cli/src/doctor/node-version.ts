import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import type { StartLimits } from '../host-start/start-as-host.ts';
import { findCommand } from '../serve/find-command.ts';

/** `engines` of our package.json. */
export const LEAST_NODE = '20.19';

/** Whether we run on this version of Node, written as `20.19.0` or `v20.19.0`. */
export function isSupportedNode(version: string): boolean {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = LEAST_NODE.split('.').map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}

/** The version of Node that a command runs on: its own if it is one, else the one beside it. */
export async function nodeVersionOf(
  file: string,
  env: NodeJS.ProcessEnv,
  { timeoutMs, signal }: StartLimits,
): Promise<string | undefined> {
  const beside = findCommand(join(dirname(file), 'node')) ?? findCommand('node', env);
  const node = /(^|[/\\])node(\.exe)?$/.test(file) ? file : beside;
  if (node === undefined) return undefined;
  try {
    const run = promisify(execFile)(node, ['--version'], { timeout: timeoutMs, signal, cwd: homedir() });
    const { stdout } = await run;
    return stdout.trim().replace(/^v/, '');
  } catch {
    return undefined;
  }
}
