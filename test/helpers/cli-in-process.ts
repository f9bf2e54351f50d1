import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { onTestFinished, vi } from 'vitest';

import { takeSecretVariables } from '../../packages/cli/src/keys/secret-variables.ts';
import { main } from '../../packages/cli/src/program.ts';
import type { Ended } from './cli.ts';

/** A folder of this test's own, also as the home of whatever looks for one there. */
export function temporaryHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'mcp-nostr-'));
  // A process that is ending may be writing there.
  onTestFinished(() => rmSync(home, { recursive: true, maxRetries: 10 }));
  vi.stubEnv('MCP_NOSTR_HOME', home);
  vi.stubEnv('HOME', home);
  vi.stubEnv('XDG_CONFIG_HOME', join(home, '.config'));
  vi.stubEnv('MCP_NOSTR_RELAYS', undefined);
  onTestFinished(() => void vi.unstubAllEnvs());
  return home;
}

/** One command line in this very process, which spares the start of another. Not two at once. */
export async function runMain(args: readonly string[]): Promise<Ended> {
  const texts = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      texts[name] += String(text);
      return true;
    }),
  );
  try {
    return { exitCode: await main(args), ...texts };
  } finally {
    for (const spy of spies) spy.mockRestore();
    // What a program keeps of the variables that it was given, this process must not keep for the tests that follow.
    takeSecretVariables();
  }
}
