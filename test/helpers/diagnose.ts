import { startRelay } from '@mcp-nostr/relay';
import { expect, onTestFinished } from 'vitest';

import { runMain } from './cli-in-process.ts';

/** One check as `doctor --json` shows it. */
interface Shown {
  id: string;
  status: string;
  title: string;
  detail: string;
  hint?: string;
}

/** What `doctor` found. */
export interface Diagnosis {
  exitCode: number | null;
  ok: boolean;
  checks: Shown[];
  stderr: string;
  /** The check of this id, which is there once. */
  check: (id: string) => Shown;
}

/** Runs `doctor` in this process and reads its report. */
export async function diagnose(...args: string[]): Promise<Diagnosis> {
  const { exitCode, stdout, stderr } = await runMain(['doctor', '--json', '--timeout', '10', ...args]);
  const { checks, ok } = JSON.parse(stdout) as { checks: Shown[]; ok: boolean };
  // Every red line says what to do, and no line holds a secret.
  for (const { status, hint } of checks) expect(status === 'ok' || hint).toBeTruthy();
  expect(stdout + stderr).not.toMatch(/nsec1|[^\w][0-9a-f]{64}\b/);
  const check = (id: string): Shown => {
    const found = checks.filter((each) => each.id === id);
    expect(found, `checks called ${id} in ${stdout}`).toHaveLength(1);
    return found[0] as Shown;
  };
  return { exitCode, ok, checks, stderr, check };
}

/** A relay of ours that stops with the test. */
export async function openRelay(limits = {}): Promise<string> {
  const relay = await startRelay({ limits });
  onTestFinished(() => relay.close());
  return relay.url;
}
