import { join } from 'node:path';

import { listenV1 } from './everything/http/v1.ts';
import { listenV2 } from './everything/http/v2.ts';
import { openRelays } from './nostr/relays.ts';
import { serveEverything } from './nostr/serve.ts';
import { CONTROL, type Leg } from './plan.ts';
import { Program } from './processes.ts';
import type { Results } from './suite/checks.ts';
import { testServer } from './suite/run-suite.ts';
import type { Workshop } from './workshop.ts';

/** Somewhere an MCP endpoint is to be found over HTTP. */
interface Endpoint {
  readonly url: string;
  close(): Promise<void>;
}

/** The suite as the client of a server of ours. */
export async function runServerLeg(leg: Leg, workshop: Workshop): Promise<Results> {
  const { sdk, revision, way } = leg;
  const endpoint =
    way === CONTROL ? await (sdk === '1.x' ? listenV1() : listenV2()) : await overNostr(leg, workshop);
  try {
    return await testServer(endpoint.url, {
      suite: workshop.suite,
      revision,
      folder: workshop.folderOf(leg),
    });
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
