import {
  type NostrEvent,
  parseAddress,
  type Signer,
  SUCCESSOR_KIND,
  successorTemplate,
} from '@mcp-nostr/core';
import { type NostrServer, serve, type ServeOptions } from '@mcp-nostr/server';
import { RelayPool } from '@mcp-nostr/transport';
import { describe, expect, it } from 'vitest';

import { legs } from '../helpers/legs.ts';
import { newSigner, sharedWorld, type World } from '../helpers/world.ts';

const [leg] = legs;
if (leg === undefined) throw new Error('there is no leg');

/** What the former key says of the present one. */
async function statementOf(former: Signer, present: Signer): Promise<NostrEvent> {
  const pubkey = await present.getPublicKey();
  const template = successorTemplate({
    former: await former.getPublicKey(),
    successor: { pubkey, relays: [] },
    announcedAt: Math.floor(Date.now() / 1_000),
  });
  return former.signEvent(template);
}

interface Rotated {
  former: Signer;
  server: NostrServer;
  /** Of the former key. */
  address: string;
  /** Of the present one. */
  pubkey: string;
}

async function rotated(
  world: World,
  options: Partial<ServeOptions> = {},
  isPublished = false,
): Promise<Rotated> {
  const [former, present] = [newSigner(), newSigner()];
  const statement = await statementOf(former, present);
  const { server } = await world.serve(world.fixture.create, {
    signer: present,
    predecessors: [{ signer: former, statement, isPublished }],
    ...options,
  });
  const address = await former.getPublicKey();
  return { former, server, address, pubkey: server.pubkey };
}

const failureOf = (call: Promise<unknown>): Promise<{ code?: number; data?: Record<string, unknown> }> =>
  call.then(
    () => ({}),
    (error: object) => error,
  );

describe('a server that has another key', () => {
  const world = sharedWorld(leg);

  it('says so on the former one to whoever may call, who then finds it', async () => {
    const { address, pubkey } = await rotated(world);
    const failure = await failureOf(world.connect({ server: address, relays: world.relayUrls }));
    expect(failure).toMatchObject({ code: -31_013, data: { code: 'server_moved' } });
    const successor = String(failure.data?.['successor']);
    expect(parseAddress(successor).pubkey).toBe(pubkey);
    const { client } = await world.connect({ server: successor, relays: world.relayUrls });
    expect((await client.listTools()).tools.length).toBeGreaterThan(0);
  });

  it('tells nobody else where it is', async () => {
    const friend = newSigner();
    const { address } = await rotated(world, { allow: [await friend.getPublicKey()] });
    const where = { server: address, relays: world.relayUrls };
    const failure = await failureOf(world.connect(where));
    expect(failure).toMatchObject({ code: -31_005, data: { code: 'not_allowed' } });
    expect(failure.data).not.toHaveProperty('successor');
    expect(await failureOf(world.connect({ ...where, signer: friend }))).toMatchObject({ code: -31_013 });
  });

  it('tells a client that it had before', async () => {
    const [former, present] = [newSigner(), newSigner()];
    const first = await world.serve(world.fixture.create, { signer: former });
    const { client } = await world.connect({ server: first.server.address });
    await first.server.close();
    const statement = await statementOf(former, present);
    await world.serve(world.fixture.create, {
      signer: present,
      predecessors: [{ signer: former, statement }],
    });
    expect(await failureOf(client.listTools())).toMatchObject({ data: { code: 'server_moved' } });
  });

  it.each([true, false])('has the statement published: %s', async (isPublished) => {
    const { address } = await rotated(world, {}, isPublished);
    // The former key is heard: whatever it publishes at its start is there.
    await failureOf(world.connect({ server: address, relays: world.relayUrls }));
    const pool = new RelayPool({ relays: world.relayUrls });
    world.onclose(async () => pool.close());
    const stored = await pool.query({ kinds: [SUCCESSOR_KIND], authors: [address] }, 20_000);
    expect(stored).toHaveLength(isPublished ? 1 : 0);
  });

  it('is not served with a statement that another key has signed, or none at all', async () => {
    const [former, present] = [newSigner(), newSigner()];
    const options = { signer: present, relays: world.relayUrls, allow: 'public' as const };
    const statement = await statementOf(former, present);
    const foreign = { signer: newSigner(), statement };
    await expect(serve({ ...options, predecessors: [foreign] }, world.fixture.create)).rejects.toMatchObject({
      code: 'bad_successor',
    });
    const broken = { signer: former, statement: { ...statement, sig: '00'.repeat(64) } };
    await expect(serve({ ...options, predecessors: [broken] }, world.fixture.create)).rejects.toMatchObject({
      code: 'bad_signature',
    });
  });
});
