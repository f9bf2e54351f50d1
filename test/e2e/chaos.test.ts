import { expect, it } from 'vitest';

import { formatReport } from '../chaos/report.ts';
import { runChaos } from '../chaos/run.ts';
import { newSeed } from '../helpers/random.ts';

/** A call that hangs is waited for; the report of it is worth more than the end of the test's patience. */
const PATIENCE_MS = 300_000;

it(
  'loses, repeats and mixes up no call while relays, connections and the server die',
  async () => {
    // Other tests run beside it: a machine that is short of time breaks what nobody has broken.
    const report = await runChaos({ seed: newSeed(), seconds: 12, maxPauseMs: 1_200, clientProcesses: 2 });
    expect(report.violations.length, `\n${formatReport(report)}`).toBe(0);
    const [living, dying] = report.phases;
    expect(living?.blackouts).toBeGreaterThan(0);
    expect(living?.cutConnections).toBeGreaterThan(0);
    expect(dying?.serverKills).toBeGreaterThan(0);
  },
  PATIENCE_MS,
);
