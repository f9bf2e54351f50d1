import type { DiscoverResult } from '@modelcontextprotocol/client';
import { SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/sdk/types.js';
import { beforeAll, describe, expect, it } from 'vitest';

import { servers } from '../helpers/both-servers.ts';
import { connect2, type Connect2Options } from '../helpers/eras.ts';
import { legs } from '../helpers/legs.ts';
import { sharedWorld, type World } from '../helpers/world.ts';

const MODERN = '2026-07-28';
const LEGACY = '2025-11-25';

/** What a client of either SDK can do. */
interface Connection {
  readonly version: string | undefined;
  readonly client: { callTool(call: { name: string; arguments: Record<string, unknown> }): Promise<unknown> };
}

const discover: DiscoverResult = {
  supportedVersions: [MODERN],
  capabilities: { tools: {} },
  ttlMs: 0,
  cacheScope: 'public',
};
const modernPrior = { kind: 'modern', discover } as const;

const v2 =
  (options: Connect2Options) =>
  async (world: World, server: string): Promise<Connection> => {
    const { client } = await connect2(world, { server, ...options });
    return { client, version: client.getNegotiatedProtocolVersion() };
  };

const clients: Record<string, (world: World, server: string) => Promise<Connection>> = {
  'a client of SDK 1.x': async (world, server) => {
    const { client } = await world.connect({ server });
    return { client, version: LEGACY };
  },
  'a client of SDK 2.x': v2({ mode: 'legacy' }),
  'a client of SDK 2.x, auto,': v2({ mode: 'auto' }),
  'a client of SDK 2.x, pinned,': v2({ mode: { pin: MODERN } }),
  'a client of SDK 2.x that knows the server for a modern one': v2({ prior: modernPrior }),
  'a client of SDK 2.x that knows the server for an old one': v2({ prior: { kind: 'legacy' } }),
};

const [v1Server, byHand, dual, modernOnly] = Object.keys(servers);
const [v1Client, legacy, auto, pinned, priorModern, priorLegacy] = Object.keys(clients);

/** Which version a pair agrees on; an array where a client is refused, when it connects or at its first call. */
const matrix: [
  client: unknown,
  server: unknown,
  outcome: string | ['connect' | 'call', requested: string],
][] = [
  [v1Client, v1Server, LEGACY],
  [v1Client, byHand, LEGACY],
  [v1Client, dual, LEGACY],
  [v1Client, modernOnly, ['connect', LEGACY]],
  [legacy, v1Server, LEGACY],
  [legacy, byHand, LEGACY],
  [legacy, dual, LEGACY],
  [legacy, modernOnly, ['connect', LEGACY]],
  [auto, v1Server, LEGACY],
  [auto, byHand, LEGACY],
  [auto, dual, MODERN],
  [auto, modernOnly, MODERN],
  [pinned, v1Server, ['connect', MODERN]],
  [pinned, byHand, ['connect', MODERN]],
  [pinned, dual, MODERN],
  [pinned, modernOnly, MODERN],
  [priorModern, v1Server, ['call', MODERN]],
  [priorModern, byHand, ['call', MODERN]],
  [priorModern, dual, MODERN],
  [priorModern, modernOnly, MODERN],
  [priorLegacy, v1Server, LEGACY],
  [priorLegacy, byHand, LEGACY],
  [priorLegacy, dual, LEGACY],
  [priorLegacy, modernOnly, ['connect', LEGACY]],
];

/** What a user reads where the versions of a client and a server have none in common. */
function refusal(requested: string): { code: number; message: unknown; data: unknown } {
  if (requested === LEGACY) {
    const message = expect.stringMatching(/Unsupported protocol version: 2025-11-25$/);
    return { code: -32_022, message, data: { supported: [MODERN], requested } };
  }
  const versions = SUPPORTED_PROTOCOL_VERSIONS.join(', ');
  const message = `Unsupported protocol version: ${requested}; this server takes "initialize" with ${versions}`;
  return { code: -32_022, message, data: { supported: SUPPORTED_PROTOCOL_VERSIONS, requested } };
}

describe.each(legs.slice(0, 1))('versions, $name', (leg) => {
  const world = sharedWorld(leg);
  const addresses: Map<unknown, string> = new Map();
  beforeAll(async () => {
    for (const [name, start] of Object.entries(servers)) addresses.set(name, await start(world));
  });

  it.each(matrix)('%s and %s: %s', async (client, server, outcome) => {
    const connecting = clients[String(client)]?.(world, addresses.get(server) ?? '');
    if (outcome[0] === 'connect') {
      await expect(connecting).rejects.toMatchObject(refusal(outcome[1]));
      return;
    }
    const connection = await connecting;
    const call = connection?.client.callTool({ name: 'echo', arguments: { text: 'hi' } });
    if (outcome[0] === 'call') await expect(call).rejects.toMatchObject(refusal(outcome[1]));
    else {
      expect(await call).toMatchObject({ content: [{ text: 'hi' }] });
      expect(connection?.version).toBe(outcome);
    }
  });

  it('are known without a round trip by a client that was told them', async () => {
    const { client } = await connect2(world, { relays: ['ws://127.0.0.1:9'], prior: modernPrior });
    expect(client.getNegotiatedProtocolVersion()).toBe(MODERN);
  });
});
