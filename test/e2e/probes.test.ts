import { formatAddress, formatNpub } from '@mcp-nostr/core';
import { SdkErrorCode } from '@modelcontextprotocol/client';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { describe, expect, it } from 'vitest';

import { ask, connect2, type Mode, rawClient } from '../helpers/eras.ts';
import { Fixture } from '../helpers/fixture-server.ts';
import { Fixture2 } from '../helpers/fixture-server-2.ts';
import { calmLegs } from '../helpers/restart.ts';
import { newSigner, withWorld, World } from '../helpers/world.ts';

const modes: Mode[] = ['auto', { pin: '2026-07-28' }];

/** What `connect()` of a client throws that has learned nothing of the server. */
function nothingLearned(code: string) {
  return {
    name: 'SdkError',
    code: SdkErrorCode.EraNegotiationFailed,
    cause: { name: 'TransportError', code, message: expect.any(String) },
  };
}

describe.concurrent.each(calmLegs.slice(0, 1))('a probe, $name', (leg) => {
  it.each(modes)('of a server that is not there rejects, and when it is there finds its era: %s', (mode) =>
    withWorld(new World(leg), async (world) => {
      const signer = newSigner();
      const server = formatAddress({ pubkey: await signer.getPublicKey(), relays: world.relayUrls });
      await expect(connect2(world, { server, mode })).rejects.toMatchObject(nothingLearned('server_silent'));
      await world.serve(new Fixture2().create, { serveStdio, signer });
      const { client } = await connect2(world, { server, mode });
      expect(client.getNegotiatedProtocolVersion()).toBe('2026-07-28');
    }),
  );

  it('waits for relays that come back while it is under way', () =>
    withWorld(new World(leg), async (world) => {
      const { server } = await world.serve(new Fixture2().create, { serveStdio });
      let connecting: ReturnType<typeof connect2> | undefined;
      await world.restartRelay(0, async () => {
        await new Promise<void>((resolve) => {
          const onrelay = ({ status }: { status: string }): void => {
            if (status === 'waiting') resolve();
          };
          connecting = connect2(world, { server: server.address, onrelay });
        });
      });
      const connected = await connecting;
      expect(connected?.client.getNegotiatedProtocolVersion()).toBe('2026-07-28');
    }));

  it('rejects where the server does not serve the key, or cannot be started', () =>
    withWorld(new World(leg), async (world) => {
      const allow = [formatNpub(await newSigner().getPublicKey())];
      const closed = await world.serve(new Fixture2().create, { serveStdio, allow });
      const broken = await world.serve((): never => {
        throw new Error('no licence');
      });
      const outcomes = [closed, broken].map(({ server }) => connect2(world, { server: server.address }));
      // Either may be the first.
      expect(await Promise.allSettled(outcomes)).toMatchObject([
        { status: 'rejected', reason: nothingLearned('not_allowed') },
        { status: 'rejected', reason: nothingLearned('server_failed') },
      ]);
    }));

  it('ends with its transport, and with its cancellation', () =>
    withWorld(new World(leg), async (world) => {
      const { server } = await world.serve(() => ({
        decidesVersion: true,
        connect: (transport) => transport.start(),
        close: async () => {},
      }));
      const raw = await rawClient(world, { server: server.address });
      const probes = [1, 2].map((id) => raw.send({ jsonrpc: '2.0', id, method: 'server/discover' }));
      await raw.notify('notifications/cancelled', { requestId: 1 });
      await probes[0];
      const outcome = probes[1]?.catch((error: unknown) => error);
      await raw.close();
      expect(await outcome).toMatchObject({ code: 'closed' });
    }));

  it('is answered with an error by a server of the old era, and that is an answer', () =>
    withWorld(new World(leg), async (world) => {
      const { server } = await world.serve(new Fixture().create);
      const raw = await rawClient(world, { server: server.address });
      expect(await ask(raw, 1, 'server/discover')).toMatchObject({ error: { code: -32_022 } });
    }));
});
