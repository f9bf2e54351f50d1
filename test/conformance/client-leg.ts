import { join } from 'node:path';

import { openRelays } from './nostr/relays.ts';
import type { Leg } from './plan.ts';
import { runScenarios, type ScenarioRuns } from './scenario-runs.ts';
import { testClient } from './suite/run-suite.ts';
import type { Workshop } from './workshop.ts';

/** Expanded by the shell in which the suite starts clients: it splits the command at its spaces before. */
const CLIENT_COMMAND = '"$CONFORMANCE_NODE" client-process.mjs';

/** The suite as the server of a client of ours, one scenario after the other: one of them measures time. */
export async function runClientLeg(
  leg: Leg,
  required: readonly string[],
  workshop: Workshop,
): Promise<ScenarioRuns> {
  const { revision, sdk, way } = leg;
  const relays = await openRelays(way, workshop.seed);
  const env: NodeJS.ProcessEnv = {
    CONFORMANCE_NODE: process.execPath,
    CONFORMANCE_CLI: workshop.cli,
    CONFORMANCE_SDK: sdk,
    MCP_NOSTR_HOME: workshop.home,
  };
  if (relays.length > 0) env['CONFORMANCE_RELAYS'] = relays.map(({ url }) => url).join(',');
  try {
    return await runScenarios(required, way, (scenario, tries) => {
      const folder = join(workshop.folderOf(leg), `${scenario}-${tries}`);
      const run = { suite: workshop.suite, revision, folder };
      return testClient(CLIENT_COMMAND, scenario, run, { folder: workshop.bundles, env });
    });
  } finally {
    await Promise.all(relays.map((relay) => relay.close()));
  }
}
