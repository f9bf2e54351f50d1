import { join } from 'node:path';

import { listenV1 } from './everything/http/v1.ts';
import { listenV2 } from './everything/http/v2.ts';
import { openRelays } from './nostr/relays.ts';
import { serveEverything } from './nostr/serve.ts';
import { CONTROL, type Leg } from './plan.ts';
import { Program } from './processes.ts';
import { runScenarios, type ScenarioRuns } from './scenario-runs.ts';
import { testServer, testServerScenario } from './suite/run-suite.ts';
import type { Workshop } from './workshop.ts';

/** Somewhere an MCP endpoint is to be found over HTTP. */
interface Endpoint {
  readonly url: string;
  close(): Promise<void>;
}

/** The suite as the client of a server of ours, through all scenarios and then through those that fell short. */
export async function runServerLeg(
  leg: Leg,
  required: readonly string[],
  workshop: Workshop,
): Promise<ScenarioRuns> {
  const { sdk, revision, way } = leg;
  const endpoint =
    way === CONTROL ? await (sdk === '1.x' ? listenV1() : listenV2()) : await overNostr(leg, workshop);
  const folder = workshop.folderOf(leg);
  const run = { suite: workshop.suite, revision, folder };
  try {
    const first = await testServer(endpoint.url, run);
    const runs = await runScenarios(required, way, (scenario, tries) => {
      if (tries === 1) return first.get(scenario) ?? [];
      return testServerScenario(endpoint.url, scenario, { ...run, folder: join(folder, `again-${tries}`) });
    });
    return { ...runs, results: new Map([...first, ...runs.results]) };
  } finally {
    await endpoint.close();
  }
}

/** `mcp-nostr connect --http` in front of a server on Nostr. */
async function overNostr({ sdk, way }: Leg, workshop: Workshop): Promise<Endpoint> {
  const relays = await openRelays(way, workshop.seed);
  const server = await serveEverything(
    sdk,
    relays.map(({ url }) => url),
  );
  const key = join(workshop.home, `${server.pubkey}.key`);
  const words = ['connect', server.address, '--http', '0', '--no-token', '--key', key];
  const listener = new Program(process.execPath, [workshop.cli, ...words]);
  const close = async (): Promise<void> => {
    await listener.close();
    await server.close();
    await Promise.all(relays.map((relay) => relay.close()));
  };
  try {
    const url = await listener.seen((text) => /http:\/\/127\.0\.0\.1:\d+\/\S*/.exec(text)?.[0]);
    return { url, close };
  } catch (error) {
    await close();
    throw error;
  }
}
