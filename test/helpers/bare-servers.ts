import { type Relay, startRelay } from '@mcp-nostr/relay';
import {
  type McpServerFactory,
  type NostrServer,
  type RequestReport,
  serve,
  type ServeOptions,
} from '@mcp-nostr/server';
import type { RelayState } from '@mcp-nostr/transport';
import { afterAll, beforeAll, onTestFinished } from 'vitest';

import { BareCaller } from './bare-caller.ts';
import { Fixture } from './fixture-server.ts';
import { Recorder } from './recorder.ts';
import { newSigner } from './world.ts';

export interface BareServed {
  server: NostrServer;
  relays: readonly Relay[];
  fixture: Fixture;
  reports: Recorder<RequestReport>;
  errors: Recorder<Error>;
  caller: (options?: Parameters<typeof BareCaller.open>[2]) => Promise<BareCaller>;
}

/** Servers of a test on the relays of its file, each with the callers that it has. */
export function bareServers(
  relayCount = 1,
): (options?: Partial<ServeOptions>, factory?: McpServerFactory) => Promise<BareServed> {
  const relays: Relay[] = [];
  beforeAll(async () => {
    while (relays.length < relayCount) relays.push(await startRelay());
  });
  afterAll(async () => {
    for (const relay of relays) await relay.close();
  });

  return async (options = {}, factory?: McpServerFactory) => {
    const fixture = new Fixture();
    const reports = new Recorder<RequestReport>('a report of a request');
    const errors = new Recorder<Error>('an error of the server');
    const states = new Recorder<RelayState>("a state of the server's relays");
    const urls = relays.map(({ url }) => url);
    const server = await serve(
      {
        signer: newSigner(),
        relays: urls,
        allow: 'public',
        onrequest: reports.add,
        onerror: errors.add,
        onrelay: states.add,
        ...options,
      },
      factory ?? fixture.create,
    );
    onTestFinished(() => server.close());
    for (const url of urls) await states.first((state) => state.status === 'ready' && state.url === url);
    const caller: BareServed['caller'] = (more) => BareCaller.open(server, urls, more);
    return { server, relays, fixture, reports, errors, caller };
  };
}
