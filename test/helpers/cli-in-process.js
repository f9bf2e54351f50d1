import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { main } from '../../packages/cli/src/program.js';
/** A folder of this test's own, also as the home of whatever looks for one there. */
export function temporaryHome() {
  const home = mkdtempSync(join(tmpdir(), 'mcp-nostr-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  vi.stubEnv('MCP_NOSTR_HOME', home);
  vi.stubEnv('HOME', home);
  vi.stubEnv('XDG_CONFIG_HOME', join(home, '.config'));
  vi.stubEnv('MCP_NOSTR_RELAYS', undefined);
  onTestFinished(() => void vi.unstubAllEnvs());
  return home;
}
/** One command line in this very process, which spares the start of another. Not two at once. */
export async function runMain(args) {
  const texts = { stdout: '', stderr: '' };
  const spies = ['stdout', 'stderr'].map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      texts[name] += String(text);
      return true;
    }),
  );
  try {
    return { exitCode: await main(args), ...texts };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
//# sourceMappingURL=cli-in-process.js.map
