import { describe, expect, it } from 'vitest';

import { countOrphans } from '../helpers/orphans.ts';

/** `npm run test:orphans` does the same with 100, and with a crash. */
const CONNECTIONS = 10;

// The lists of processes are read from /proc.
describe.skipIf(process.platform !== 'linux').concurrent('what serve has started goes with it', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'to the last grandchild, also such that ignore signals, after %s',
    async (signal) => {
      expect(await countOrphans(CONNECTIONS, signal)).toMatchObject({
        running: 2 * CONNECTIONS,
        left: 0,
        watchdog: { wasThere: true, isThere: false },
      });
    },
    60_000, // on a machine with other work to do
  );
});
