import { describe, expect, it } from 'vitest';

import { allLegs, oneRelayLegs } from '../helpers/legs.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { unexplained } from '../helpers/unexplained.ts';
import { newSigner, withWorld, World } from '../helpers/world.ts';

describe.each(allLegs)('lifecycle, $name', (leg) => {
  it('frees the connection at the server when the client closes', () =>
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
    }));

  it("tells the client when the connection's McpServer closes", () =>
    withWorld(new World(leg), async (world) => {
      const { client, closes } = await world.connect();
      const { server, closes: serverCloses } = world.fixture.newest;
      await server.close();
      await closes.first();
      expect(world.server.connections).toBe(0);
      expect([closes.count, serverCloses.count]).toEqual([1, 1]);
      await expect(client.ping()).rejects.toThrow('Not connected');
    }));

  it('tells every client when the whole server closes', () =>
    withWorld(new World(leg), async (world) => {
      const clients = await Promise.all([world.connect(), world.connect()]);
      await Promise.all([world.server.close(), ...clients.map(({ closes }) => closes.first())]);
      expect(world.server.connections).toBe(0);
      expect(clients.map(({ closes }) => closes.count)).toEqual([1, 1]);
      expect(world.fixture.instances.map(({ closes }) => closes.count)).toEqual([1, 1]);
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

  it('rejects what is under way when the client closes, and aborts it at the server', () =>
    withWorld(new World(leg), async (world) => {
      const { client } = await world.connect();
      const call = client.callTool({ name: 'wait', arguments: { name: 'gone' } });
      const failure = call.catch((error: unknown) => error);
      await world.fixture.started.first();
      await client.close();
      expect(String(await failure)).toContain('Connection closed');
      await world.fixture.aborted.first((name) => name === 'gone');
    }));

  it('fails what is under way when the server closes, with the reason', () =>
    withWorld(new World(leg), async (world) => {
      const { client, closes } = await world.connect();
      const call = client.callTool({ name: 'wait', arguments: { name: 'lost' } });
      const failure = call.catch((error: unknown) => error);
      await world.fixture.started.first();
      await world.server.close();
      expect(await failure).toMatchObject({ data: { code: 'outcome_unknown' } });
      await closes.first();
      expect(closes.count).toBe(1);
    }));

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
      await Promise.all(world.fixture.instances.map(({ closes }) => closes.first()));
      expect(world.server.connections).toBe(0);
      expect(world.fixture.instances).toHaveLength(3);
    }));

  it('leaves the other connections of a key alone when one closes', () =>
    withWorld(new World(leg), async (world) => {
      const signer = newSigner();
      const first = await world.connect({ signer });
      const second = await world.connect({ signer });
      await first.client.close();
      await world.fixture.instances[0]?.closes.first();
      expect(await second.client.ping()).toEqual({});
      expect(world.server.connections).toBe(1);
    }));

  it('frees a connection whose client closes before it heard the server', () =>
    withWorld(new World(leg), async (world) => {
      const raw = new RawClient(world.transport());
      const handshake = raw.open();
      handshake.catch(() => {});
      const [opened] = await world.fixture.opened.reached(1);
      await raw.close();
      await opened?.closes.first();
      expect(world.server.connections).toBe(0);
    }));

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
