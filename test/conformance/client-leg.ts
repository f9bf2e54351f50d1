import { join } from 'node:path';

import { openRelays } from './nostr/relays.ts';
import type { Leg } from './plan.ts';
import type { Check, Results } from './suite/checks.ts';
import { testClient } from './suite/run-suite.ts';
import type { Workshop } from './workshop.ts';

/** Expanded by the shell in which the suite starts clients: it splits the command at its spaces before. */
const CLIENT_COMMAND = '"$CONFORMANCE_NODE" client-process.mjs';

/** The suite as the server of a client of ours, one scenario after the other: one of them measures time. */
export async function runClientLeg(
  leg: Leg,
  required: readonly string[],
  workshop: Workshop,
): Promise<Results> {
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
    const results = new Map<string, readonly Check[]>();
    for (const scenario of required) {
      const folder = join(workshop.folderOf(leg), scenario);
      const run = { suite: workshop.suite, revision, folder };
      const place = { folder: workshop.bundles, env };
      results.set(scenario, await testClient(CLIENT_COMMAND, scenario, run, place));
    }
    return results;
  } finally {
    await Promise.all(relays.map((relay) => relay.close()));
  }
}
