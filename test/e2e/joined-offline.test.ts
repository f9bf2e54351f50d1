import { NostrClientTransport } from '@mcp-nostr/client';
import { parseAddress } from '@mcp-nostr/core';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { expect, it } from 'vitest';

import { hostStack } from '../../packages/cli/src/connect/host-stack.ts';
import { JoinedTransport } from '../../packages/cli/src/connect/joined/joined-transport.ts';
import { serverOf } from '../helpers/host-clients.ts';
import { MemoryStore } from '../helpers/host.ts';
import { Recorder } from '../helpers/recorder.ts';
import { calmLegs, serveWithKey } from '../helpers/restart.ts';
import { newSigner, World, withWorld } from '../helpers/world.ts';

const [leg] = calmLegs;
if (leg === undefined) throw new Error('there is no leg');
/** What comes later on a busy machine comes all the same. */
const patience = { timeout: 25_000 };

it(
  'one of several servers that is down has its last known tools, says what is wrong, and comes back with others',
  () =>
    withWorld(new World({ ...leg, relayCount: 2 }), async (world) => {
      const [near, far] = world.faultRelays;
      if (near === undefined || far === undefined) throw new Error('there are no two relays');
      const [up, down] = await Promise.all([
        serveWithKey(world, serverOf('stay'), { relays: [near.url] }),
        serveWithKey(world, serverOf('old'), { relays: [far.url] }),
      ]);
      const stores = { up: new MemoryStore(), down: new MemoryStore() };
      const changes = new Recorder<string>('a change of the tools');
      const connect = async (): Promise<Client> => {
        const signer = newSigner();
        const upstreams = Object.entries({ up, down }).map(([prefix, { server }]) => {
          const { address } = server;
          const open = hostStack({
            open: (onrelay) =>
              new NostrClientTransport({ server: address, signer, encryption: leg.encryption, onrelay }),
            pubkey: parseAddress(address).pubkey,
            words: address,
            caller: 'test',
            onlog: () => {},
            store: stores[prefix === 'up' ? 'up' : 'down'],
            // Soon enough for a test.
            timing: {
              downPatienceMs: 50,
              minRetryMs: 20,
              maxRetryMs: 100,
              refreshDelayMs: 0,
              saveDelayMs: 0,
            },
          });
          return { prefix, open };
        });
        const transport = new JoinedTransport({ upstreams, onlog: () => {}, waitMs: 10_000 });
        world.onclose(() => transport.close());
        const client = new Client({ name: 'host', version: '1' });
        client.setNotificationHandler(ToolListChangedNotificationSchema, () => changes.add('tools'));
        await client.connect(transport);
        return client;
      };
      const toolsOf = async (client: Client): Promise<string[]> =>
        (await client.listTools()).tools.map(({ name }) => name);

      const first = await connect();
      await expect.poll(() => toolsOf(first), patience).toEqual(['up_stay', 'down_old']);
      await first.close();

      await far.stop();
      const client = await connect();
      expect(await toolsOf(client)).toEqual(['up_stay', 'down_old']);
      expect(await client.callTool({ name: 'up_stay' })).toMatchObject({ content: [{ text: 'stay' }] });
      expect(await client.callTool({ name: 'down_old' })).toMatchObject({
        isError: true,
        content: [{ text: expect.stringContaining('Nothing was executed') }],
      });

      await down.server.close();
      await far.start();
      await down.again(serverOf('new'));
      await expect.poll(() => toolsOf(client), patience).toEqual(['up_stay', 'down_new']);
      await changes.first();
      expect(await client.callTool({ name: 'down_new' })).toMatchObject({ content: [{ text: 'new' }] });
    }),
  60_000,
);
