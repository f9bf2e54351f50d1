import { describe, expect, it, vi } from 'vitest';

import { allLegs, oneRelayLegs } from '../helpers/legs.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { unexplained } from '../helpers/unexplained.ts';
import { newSigner, withWorld, World } from '../helpers/world.ts';

/** What `World.connect()` says of itself. */
const CLIENT = { name: 'test-client', version: '3.2.1' };
/** A relay that loses something costs seconds. */
const patience = { timeout: 20_000 };

describe.each(allLegs)('lifecycle, $name', (leg) => {
  // A farewell is not repeated: what was lost of it nobody hears.
  const isFaulty = leg.faults !== undefined;

  it.skipIf(isFaulty)('frees the connection at the server when the client closes', () =>
    withWorld(new World(leg), async (world) => {
      const { client, closes, errors } = await world.connect();
      const { closes: serverCloses } = world.fixture.newest;
      expect(world.server.connections).toBe(1);
      await client.close();
      await serverCloses.first();
      expect(world.server.connections).toBe(0);
      expect(closes.count).toBe(1);
      expect(serverCloses.count).toBe(1);
      expect(unexplained(leg, errors.items)).toEqual([]);
      expect(unexplained(leg, world.served.errors.items)).toEqual([]);
    }),
  );

  it("goes on with a new McpServer when the connection's own closes, and takes the session with it", () =>
    withWorld(new World(leg), async (world) => {
      const { client, closes } = await world.connect();
      const [uri, key] = ['fixture://text', 'after'];
      await client.subscribeResource({ uri });
      const { server, closes: serverCloses } = world.fixture.newest;
      await server.close();
      expect(await client.callTool({ name: 'count', arguments: { key } })).toMatchObject({
        content: [{ text: '1' }],
      });
      await vi.waitFor(() => expect([...world.fixture.newest.subscriptions]).toEqual([uri]), patience);
      expect([world.fixture.instances.length, world.server.connections]).toEqual([2, 1]);
      expect(world.fixture.newest.server.server.getClientVersion()).toEqual(CLIENT);
      expect([closes.count, serverCloses.count]).toEqual([0, 1]);
    }));

  it('lets every client go on when the whole server closes and one with its key is there again', () =>
    withWorld(new World(leg), async (world) => {
      const signer = newSigner();
      const first = await world.serve(world.fixture.create, { signer });
      const options = { server: first.server.address };
      const clients = await Promise.all([world.connect(options), world.connect(options)]);
      await first.server.close();
      expect(first.server.connections).toBe(0);
      expect(world.fixture.instances.map(({ closes }) => closes.count)).toEqual([1, 1]);
      const { server, states } = await world.serve(world.fixture.create, { signer });
      await states.first(({ status }) => status === 'ready');
      for (const { client } of clients) expect(await client.listTools()).toHaveProperty('tools');
      expect(server.connections).toBe(2);
      expect(clients.map(({ closes }) => closes.count)).toEqual([0, 0]);
    }));

  it('takes a second close by either side as none', () =>
    withWorld(new World(leg), async (world) => {
      const { client, transport, closes } = await world.connect();
      await Promise.all([transport.close(), transport.close(), client.close()]);
      await transport.close();
      expect(closes.count).toBe(1);
      await Promise.all([world.server.close(), world.server.close()]);
      await world.server.close();
    }));

  it.skipIf(isFaulty)('rejects what is under way when the client closes, and aborts it at the server', () =>
    withWorld(new World(leg), async (world) => {
      const { client } = await world.connect();
      const call = client.callTool({ name: 'wait', arguments: { name: 'gone' } });
      const failure = call.catch((error: unknown) => error);
      await world.fixture.started.first();
      await client.close();
      expect(String(await failure)).toContain('Connection closed');
      await world.fixture.aborted.first((name) => name === 'gone');
    }),
  );

  it.skipIf(isFaulty)('fails what is under way when the server closes, and what of it is not known', () =>
    withWorld(new World(leg), async (world) => {
      const { client, closes } = await world.connect();
      const call = client.callTool({ name: 'wait', arguments: { name: 'lost' } });
      const failure = call.catch((error: unknown) => error);
      await world.fixture.started.first();
      await world.server.close();
      expect(await failure).toMatchObject({ data: { code: 'outcome_unknown' } });
      expect(closes.count).toBe(0);
    }),
  );

  it('connects again at once with the same key', () =>
    withWorld(new World(leg), async (world) => {
      const signer = newSigner();
      for (let round = 1; round <= 3; round++) {
        const { client } = await world.connect({ signer });
        const text = `round ${round}`;
        expect(await client.callTool({ name: 'echo', arguments: { text } })).toMatchObject({
          content: [{ text }],
        });
        await client.close();
      }
      expect(world.fixture.instances).toHaveLength(3);
      if (isFaulty) return;
      await Promise.all(world.fixture.instances.map(({ closes }) => closes.first()));
      expect(world.server.connections).toBe(0);
    }));

  it('leaves the other connections of a key alone when one closes', () =>
    withWorld(new World(leg), async (world) => {
      const signer = newSigner();
      const first = await world.connect({ signer });
      const second = await world.connect({ signer });
      await first.client.close();
      if (!isFaulty) await world.fixture.instances[0]?.closes.first();
      expect(await second.client.ping()).toEqual({});
      if (!isFaulty) expect(world.server.connections).toBe(1);
    }));

  it.skipIf(isFaulty)('frees a connection whose client closes before it heard the server', () =>
    withWorld(new World(leg), async (world) => {
      const raw = new RawClient(world.transport());
      const handshake = raw.open();
      handshake.catch(() => {});
      const [opened] = await world.fixture.opened.reached(1);
      await raw.close();
      await opened?.closes.first();
      expect(world.server.connections).toBe(0);
    }),
  );

  it('closes a transport that was never started or is still connecting', () =>
    withWorld(new World(leg), async (world) => {
      await world.transport().close();
      const transport = world.transport();
      const started = transport.start();
      await transport.close();
      await started.catch(() => {}); // either outcome will do, as long as there is one
      await expect(transport.send({ jsonrpc: '2.0', id: 1, method: 'ping' })).rejects.toThrow();
    }));
});

describe.concurrent.each(oneRelayLegs)('a server that died and was started again, $name', (leg) => {
  it('has the fate of what is sent to it on the old connection reported as unknown', () =>
    withWorld(new World(leg), async (world) => {
      const signer = newSigner();
      const first = await world.serve(world.fixture.create, { signer });
      const { client, states } = await world.connect({ server: first.server.address });
      const { url = '' } = world.relays[0] ?? {};
      const back = states.next((state) => state.url === url && state.status === 'ready');
      // Without a relay its farewell reaches nobody.
      await world.restartRelay(0, () => first.server.close());
      await back;
      const second = await world.serve(world.fixture.create, { signer });
      await second.states.first(({ status }) => status === 'ready');
      await expect(client.callTool({ name: 'count', arguments: { key: 'lost' } })).rejects.toMatchObject({
        data: { code: 'outcome_unknown' },
      });
      expect(world.fixture.executions.get('lost')).toBeUndefined();
      const again = await world.connect({ server: second.server.address });
      expect(await again.client.ping()).toEqual({});
    }));
});
