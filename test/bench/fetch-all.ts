import type { Client } from '@modelcontextprotocol/sdk/client/index.js';

import { fetchLarge } from './tools.ts';

export interface FetchPlan {
  resultsPerClient: number;
  bytes: number;
  /** Of each client. */
  inFlight: number;
}

/** All clients at once, each with a few results under way; how many milliseconds it takes until all have all. */
export async function fetchAll(clients: readonly Client[], plan: FetchPlan): Promise<number> {
  const start = performance.now();
  await Promise.all(clients.map((client) => fetchSome(client, plan)));
  return performance.now() - start;
}

async function fetchSome(client: Client, { resultsPerClient, bytes, inFlight }: FetchPlan): Promise<void> {
  let begun = 0;
  const worker = async (): Promise<void> => {
    while (begun < resultsPerClient) {
      begun++;
      await fetchLarge(client, bytes);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
}
