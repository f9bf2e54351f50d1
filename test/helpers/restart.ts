import type { McpServerFactory, McpServerLike, ServeOptions } from '@mcp-nostr/server';

import type { Leg } from './legs.ts';
import { newSigner, type Served, type World } from './world.ts';

/** Relays at which nothing goes wrong before a test says so. */
export const calmLegs: readonly Leg[] = [
  { name: 'encrypted', encryption: 'required', relayCount: 1, faults: {} },
  { name: 'plain', encryption: 'none', relayCount: 1, faults: {} },
];

/** A server with a key of its own, and that key to start another one with. */
export async function serveWithKey<Mcp extends McpServerLike>(
  world: World,
  factory: McpServerFactory<Mcp>,
  options: Partial<ServeOptions<Mcp>> = {},
): Promise<Served<Mcp> & { again: (factory: McpServerFactory<Mcp>) => Promise<Served<Mcp>> }> {
  const signer = newSigner();
  const start = async (each: McpServerFactory<Mcp>): Promise<Served<Mcp>> => {
    const served = await world.serve(each, { ...options, signer });
    await served.states.first(({ status }) => status === 'ready');
    return served;
  };
  const served = await start(factory);
  return {
    ...served,
    again: async (next) => {
      await unheard(world, () => served.server.close());
      return start(next);
    },
  };
}

/** What is said meanwhile reaches nobody, as if whoever says it had been killed. */
export async function unheard(world: World, act: () => Promise<void>): Promise<void> {
  for (const relay of world.faultRelays) relay.set({ swallow: 1 });
  await act();
  for (const relay of world.faultRelays) relay.calm();
}
