import type { NostrEvent } from '@mcp-nostr/core';
import type { McpServerFactory } from '@mcp-nostr/server';

import { BareClient, type BareClientOptions } from './bare-client.ts';
import type { Leg } from './legs.ts';
import { Recorder } from './recorder.ts';
import { withWorld, World, type WorldOptions } from './world.ts';

const leg: Leg = { name: 'encrypted, one relay', encryption: 'required', relayCount: 1 };

/** A world with a relay that checks nothing, for clients that know no link, and what passed through it. */
export class BareWorld extends World {
  /** What was published by way of the relay: all that servers say, and nothing that was injected. */
  readonly traffic: Recorder<NostrEvent>;
  readonly #bare: Set<BareClient>;

  constructor(options: WorldOptions = {}, factory?: McpServerFactory) {
    const traffic = new Recorder<NostrEvent>('an event');
    const bare: Set<BareClient> = new Set();
    const careless = (event: NostrEvent): number[] => {
      traffic.add(event);
      for (const client of bare) client.take(event).catch(() => {}); // not for it after all
      return [0];
    };
    super(leg, factory, { careless, ...options });
    this.traffic = traffic;
    this.#bare = bare;
  }

  /** The server listens: what is injected before would be lost. */
  override async open(): Promise<this> {
    await super.open();
    await this.served.states.first(({ status }) => status === 'ready');
    return this;
  }

  /** A client of the first server. */
  bare(options: Partial<BareClientOptions> = {}): BareClient {
    const client = new BareClient({
      recipient: this.server.pubkey,
      publish: (event, recipient) => this.inject(event, recipient),
      ...options,
    });
    this.#bare.add(client);
    return client;
  }
}

/** One for one test, whose server takes both forms unless told otherwise. */
export function withBareWorld(
  run: (world: BareWorld) => Promise<void>,
  serve: WorldOptions['serve'] = { encryption: 'optional' },
  factory?: McpServerFactory,
): Promise<void> {
  const world = new BareWorld({ serve }, factory);
  return withWorld(world, () => run(world));
}
