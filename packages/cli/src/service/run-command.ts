import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { isRecord } from '@mcp-nostr/core';

import { oneLine } from '../terminal.ts';

/** A service manager that waits for something does not keep the person waiting for longer. */
const TIMEOUT_MS = 30_000;

export interface Ran {
  ok: boolean;
  stdout: string;
  /** Why it did not work; empty when it did. */
  reason: string;
}

/** Runs a command of the system without a shell. Never rejects. */
export async function runCommand([command = '', ...args]: readonly string[]): Promise<Ran> {
  try {
    const { stdout } = await promisify(execFile)(command, args, { timeout: TIMEOUT_MS });
    return { ok: true, stdout, reason: '' };
  } catch (error) {
    const { code, stderr, stdout } = isRecord(error) ? error : {};
    const said =
      typeof stderr === 'string' && stderr.trim() !== '' ? stderr : `it ended with ${String(code)}`;
    const reason = code === 'ENOENT' ? `${command} was not found` : oneLine(said, 200);
    return { ok: false, stdout: typeof stdout === 'string' ? stdout : '', reason };
  }
}
