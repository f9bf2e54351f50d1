import { expect } from 'vitest';

import { legacySpec, modernSpec } from '../citations.ts';
import type { Requirement } from '../requirement.ts';
import type { Stage } from '../stage.ts';

/** What a client was told of since, up to an answer that was sent behind it. */
async function heardSince({ main }: Stage, before: number, prefix = ''): Promise<string[]> {
  await main.callTool('echo', { text: 'behind it' });
  return main.notifications.items
    .slice(before)
    .map(({ method }) => method)
    .filter((method) => method.startsWith(prefix));
}

export const notifications: readonly Requirement[] = [
  {
    id: 'log-level',
    item: 'notifications.logging',
    text: 'a connection hears of log messages from its own level on, in order and unchanged',
    era: 'legacy',
    cites: [legacySpec('server/utilities/logging#setting-log-level')],
    run: async (stage) => {
      const [loud, quiet] = [await stage.connect(), await stage.connect()];
      await loud.request('logging/setLevel', { level: 'debug' });
      await quiet.request('logging/setLevel', { level: 'error' });
      const levels = ['debug', 'info', 'error', 'debug', 'emergency'];
      for (const party of [loud, quiet]) await party.callTool('log', { levels });
      const heard = [loud, quiet].map(({ notifications: { items } }) => items.map(({ params }) => params));
      const message = (level: string): object => ({ level, data: { level, text: 'ü' } });
      expect(heard).toEqual([levels.map(message), ['error', 'emergency'].map(message)]);
    },
  },
  {
    id: 'log-level-of-request',
    item: 'notifications.logging',
    text: 'a request hears of log messages from its own level on, and of none where it names no level',
    era: 'modern',
    cites: [modernSpec('server/utilities/logging')],
    run: async ({ main }) => {
      const levels = ['debug', 'warning', 'alert'];
      const messagesOf = async (id: string, meta: Record<string, unknown>): Promise<unknown[]> => {
        const before = main.tap.received.count;
        await main.tap.callTool(id, 'log', { levels }, meta);
        return main.tap.received.items.slice(before, -1);
      };
      const logLevel = { 'io.modelcontextprotocol/logLevel': 'warning' };
      expect(await messagesOf('silent', {})).toEqual([]);
      expect(await messagesOf('with a level', logLevel)).toMatchObject([
        { method: 'notifications/message', params: { level: 'warning', data: { text: 'ü' } } },
        { method: 'notifications/message', params: { level: 'alert' } },
      ]);
    },
  },
  {
    id: 'list-changed-unsolicited',
    item: 'notifications.list-changed',
    text: 'changes of tools, prompts and resources are told unasked, in order',
    era: 'legacy',
    cites: ['tools', 'prompts', 'resources'].map((page) =>
      legacySpec(`server/${page}#list-changed-notification`),
    ),
    run: async (stage) => {
      const { main } = stage;
      const before = main.notifications.count;
      const methods = ['tools', 'prompts', 'resources'].map((kind) => `notifications/${kind}/list_changed`);
      for (const method of methods) await stage.serverOf(main).notify(method);
      expect(await heardSince(stage, before)).toEqual(methods);
    },
  },
  {
    id: 'list-changed-elsewhere',
    item: 'notifications.list-changed',
    text: 'a change that is announced on all connections is heard by every client',
    era: 'legacy',
    cites: [legacySpec('server/tools#list-changed-notification')],
    run: async (stage) => {
      const parties = [stage.main, await stage.connect(), await stage.connect({ key: stage.main.key })];
      const heard = parties.map((party) =>
        party.notifications.next(({ method }) => method === 'notifications/tools/list_changed'),
      );
      await stage.service.announce('notifications/tools/list_changed');
      expect(await Promise.all(heard)).toHaveLength(3);
    },
  },
  {
    id: 'list-changed-to-listeners',
    item: 'notifications.list-changed',
    text: 'a change is told to those who listen for it, on whatever connection it was made, and to no other',
    era: 'modern',
    cites: [modernSpec('basic/patterns/subscriptions')],
    run: async (stage) => {
      const [listener, other] = [await stage.connect(), await stage.connect()];
      await listener.listen({ toolsListChanged: true });
      await other.listen({ promptsListChanged: true });
      const told = listener.notifications.next();
      await stage.service.announce('notifications/tools/list_changed');
      await told;
      for (const party of [listener, other]) await party.callTool('echo', { text: 'behind it' });
      const heard = [stage.main, listener, other].map(({ notifications: { items } }) =>
        items.map(({ method }) => method).filter((method) => method.includes('list_changed')),
      );
      expect(heard).toEqual([[], ['notifications/tools/list_changed'], []]);
    },
  },
  {
    id: 'resource-updates',
    item: 'notifications.resources',
    text: 'a subscription to a resource belongs to one connection, until it is taken back',
    era: 'legacy',
    cites: [legacySpec('server/resources#subscriptions')],
    run: async (stage) => {
      const [one, two] = [await stage.connect(), await stage.connect()];
      const [first, second] = [one, two].map((party) => stage.serverOf(party));
      const uri = 'fixture://blob';
      await one.request('resources/subscribe', { uri });
      expect([first, second].map((instance) => [...(instance?.subscriptions ?? [])])).toEqual([[uri], []]);
      await first?.notify('notifications/resources/updated', { uri });
      expect(await one.notifications.first()).toEqual({
        method: 'notifications/resources/updated',
        params: { uri },
      });
      await one.request('resources/unsubscribe', { uri });
      expect([...(first?.subscriptions ?? [])]).toEqual([]);
      expect(two.notifications.items).toEqual([]);
    },
  },
  {
    id: 'resource-filter',
    item: 'notifications.resources',
    text: 'a listener hears of updates of the resources that it named, and of no others',
    era: 'modern',
    cites: [modernSpec('basic/patterns/subscriptions'), modernSpec('server/resources')],
    run: async (stage) => {
      const party = await stage.connect();
      const uri = 'fixture://ü?a=1';
      const { honored } = await party.listen({ resourceSubscriptions: [uri] });
      expect(honored).toEqual({ resourceSubscriptions: [uri] });
      for (const each of ['fixture://other', uri]) {
        await stage.service.announce('notifications/resources/updated', { uri: each });
      }
      expect(await party.notifications.first()).toMatchObject({ params: { uri } });
    },
  },
];
