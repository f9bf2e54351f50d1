import type { NostrEvent } from '@mcp-nostr/core';
import type { McpServerFactory, ServeOptions } from '@mcp-nostr/server';

import type { Leg } from './legs.ts';
import { Recorder } from './recorder.ts';
import { withWorld, World } from './world.ts';

/** In plain text, so that a test can read what the server says; the link does not depend on the form. */
export const plainLeg: Leg = { name: 'plain, one relay', encryption: 'none', relayCount: 1 };

/** A world whose relay checks nothing and tells a test all that it is given; its server is listening. */
export async function withOpenBook(
  given: { leg?: Leg; factory?: McpServerFactory; serve?: Partial<ServeOptions> },
  run: (world: World, traffic: Recorder<NostrEvent>) => Promise<void>,
): Promise<void> {
  const traffic = new Recorder<NostrEvent>('an event');
  const careless = (event: NostrEvent): number[] => {
    traffic.add(event);
    return [0];
  };
  const { leg = plainLeg, factory, serve = {} } = given;
  await withWorld(new World(leg, factory, { careless, serve }), async (world) => {
    await world.served.states.first(({ status }) => status === 'ready');
    await run(world, traffic);
  });
}
