import { NostrClientTransport } from '@mcp-nostr/client';

import { serveBehindGateway } from './gateway.ts';
import { parseContext, scenarios } from './scenarios.ts';
import { connectV1, httpTransportV1 } from './v1.ts';
import { connectV2, httpTransportV2 } from './v2.ts';

/**
 * The client that the suite starts: it names the scenario in the environment and the URL of its server as the last
 * argument. `CONFORMANCE_RELAYS` puts the gateway and Nostr in between.
 */
const { env, argv } = process;
const name = env['MCP_CONFORMANCE_SCENARIO'] ?? '';
const isModern = env['MCP_CONFORMANCE_PROTOCOL_VERSION'] === '2026-07-28';
const isV1 = env['CONFORMANCE_SDK'] === '1.x';
const url = new URL(argv.at(-1) ?? '');
const relays = env['CONFORMANCE_RELAYS']?.split(',');

const scenario = scenarios[name];
if (scenario === undefined) throw new Error(`there is no client for the scenario ${name}`);
const gateway = relays === undefined ? undefined : await serveBehindGateway(url, relays);
try {
  const overNostr = gateway === undefined ? undefined : new NostrClientTransport({ server: gateway.address });
  const client = isV1
    ? await connectV1(overNostr ?? httpTransportV1(url))
    : await connectV2(overNostr ?? httpTransportV2(url), isModern);
  await scenario(client, parseContext(env['MCP_CONFORMANCE_CONTEXT']));
  await client.close();
} finally {
  await gateway?.close();
}
