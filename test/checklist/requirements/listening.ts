import { expect } from 'vitest';

import { modernSpec } from '../citations.ts';
import type { Party } from '../client/party.ts';
import { newKey } from '../ground.ts';
import type { Requirement } from '../requirement.ts';
import { Service } from '../server/service.ts';

const page = [modernSpec('basic/patterns/subscriptions')];
const SUBSCRIPTION_ID = 'io.modelcontextprotocol/subscriptionId';

/** Begins to listen under an id of one's own, and gives the acknowledgement. */
async function listen({ tap }: Party, id: string, filter: object): Promise<unknown> {
  const acknowledged = tap.received.next((message) => JSON.stringify(message).includes(`"${id}"`));
  const params = tap.withEnvelope({ notifications: filter });
  await tap.send({ jsonrpc: '2.0', id, method: 'subscriptions/listen', params });
  return acknowledged;
}

/** What was received of a subscription. */
function receivedOf({ tap }: Party, id: string): string[] {
  return tap.received.items.flatMap((message) => {
    if (!('method' in message)) return [];
    const meta = message.params?.['_meta'] as Record<string, unknown> | undefined;
    return meta?.[SUBSCRIPTION_ID] === id ? [message.method] : [];
  });
}

export const listening: readonly Requirement[] = [
  {
    id: 'listen-acknowledged',
    item: 'notifications.listen',
    text: 'a listen is acknowledged before anything else, with the subset that is honoured',
    era: 'modern',
    cites: page,
    run: async (stage) => {
      const party = await stage.connect();
      const acknowledgement = await listen(party, 'acknowledged', {
        toolsListChanged: true,
        'x-unknown': true,
      });
      expect(acknowledgement).toMatchObject({
        method: 'notifications/subscriptions/acknowledged',
        params: { _meta: { [SUBSCRIPTION_ID]: 'acknowledged' }, notifications: { toolsListChanged: true } },
      });
      expect(JSON.stringify(acknowledgement)).not.toContain('x-unknown');
    },
  },
  {
    id: 'listens-apart',
    item: 'notifications.listen',
    text: 'two listens of one connection, and the same id in another, are told apart by their subscription ids',
    era: 'modern',
    cites: page,
    run: async (stage) => {
      const [one, two] = [await stage.connect(), await stage.connect()];
      await listen(one, 'same', { toolsListChanged: true });
      await listen(one, 'prompts', { promptsListChanged: true });
      await listen(two, 'same', { promptsListChanged: true });
      await stage.service.announce('notifications/tools/list_changed');
      await stage.service.announce('notifications/prompts/list_changed');
      for (const party of [one, two]) await party.callTool('echo', { text: 'behind it' });
      const acknowledged = 'notifications/subscriptions/acknowledged';
      const [tools, prompts] = ['notifications/tools/list_changed', 'notifications/prompts/list_changed'];
      expect(receivedOf(one, 'same')).toEqual([acknowledged, tools]);
      expect(receivedOf(one, 'prompts')).toEqual([acknowledged, prompts]);
      expect(receivedOf(two, 'same')).toEqual([acknowledged, prompts]);
    },
  },
  {
    id: 'listen-cancelled',
    item: 'notifications.listen',
    text: 'nothing comes for a listen that its client has cancelled, and the other one goes on',
    era: 'modern',
    cites: [...page, modernSpec('basic/patterns/cancellation')],
    run: async (stage) => {
      const party = await stage.connect();
      const closing = await party.listen({ toolsListChanged: true });
      await listen(party, 'stays', { toolsListChanged: true });
      await closing.close();
      expect(await closing.closed).toBe('local');
      await party.callTool('echo', { text: 'the server knows' });
      const before = party.notifications.count;
      await stage.service.announce('notifications/tools/list_changed');
      await party.callTool('echo', { text: 'behind it' });
      const heard = party.notifications.items.slice(before);
      expect(heard).toMatchObject([{ params: { _meta: { [SUBSCRIPTION_ID]: 'stays' } } }]);
    },
  },
  {
    id: 'listen-ended-by-server',
    item: 'notifications.listen',
    text: 'a server that closes answers a listen, and its client knows that the end was meant',
    era: 'modern',
    cites: page,
    run: async (stage) => {
      const service = new Service();
      const host = await stage.serve(service);
      const party = await stage.connect({ host });
      const { closed } = await party.listen({ toolsListChanged: true });
      await host.close();
      expect(await closed).toBe('graceful');
    },
  },
  {
    id: 'listen-lost',
    item: 'notifications.listen',
    text: 'a listen whose server is gone ends at its client, which can listen anew',
    era: 'modern',
    cites: page,
    ways: ['a relay that comes and goes'],
    run: async (stage) => {
      const { signer } = await newKey();
      const host = await stage.serve(stage.service, { signer });
      const party = await stage.connect({ host });
      const { closed } = await party.listen({ toolsListChanged: true });
      // While the relay is away a farewell reaches nobody.
      await stage.ground.world?.restartRelay(0, () => host.close());
      const again = await stage.serve(stage.service, { signer });
      stage.onleave(() => again.close());
      expect(await closed).toBe('remote');
      await party.listen({ toolsListChanged: true });
      const told = party.notifications.next();
      await stage.service.announce('notifications/tools/list_changed');
      expect(await told).toMatchObject({ method: 'notifications/tools/list_changed' });
    },
  },
];
