import type { JsonRpcMessage } from '@mcp-nostr/core';
import { describe, expect, it } from 'vitest';

import type { BareClient } from '../helpers/bare-client.ts';
import { withBareWorld } from '../helpers/bare-world.ts';

describe('two clients of ContextVM with the same names for everything', () => {
  const slow = (name: string): JsonRpcMessage => ({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'wait', arguments: { name } },
  });

  it('get the progress of their own calls, and no other', () =>
    withBareWorld(async (world) => {
      const clients = [world.bare(), world.bare({ form: 'ephemeral' })];
      const asked = clients.map((client, index) =>
        client.say({
          jsonrpc: '2.0',
          id: 1,
          method: 'tools/call',
          params: { name: 'progress', arguments: { steps: 3 + index }, _meta: { progressToken: 1 } },
        }),
      );
      for (const [index, client] of clients.entries()) {
        await client.answerTo(asked[index]?.id ?? '');
        const progress = client.answers.items.filter(({ message }) => 'method' in message);
        const steps = Array.from({ length: 3 + index }, (_, step) => step + 1);
        expect(progress.map(({ message }) => message['params'])).toMatchObject(
          steps.map((step) => ({ progressToken: 1, progress: step, total: 3 + index })),
        );
        for (const each of progress) expect(each.requestEvent).toBe(asked[index]?.id);
      }
    }));

  it('cancel their own requests, and no other', () =>
    withBareWorld(async (world) => {
      const [first, second] = [world.bare(), world.bare()];
      const { id } = first.say(slow('first'));
      second.say(slow('second'));
      await world.fixture.started.reached(2);
      second.say({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } });
      await world.fixture.aborted.first((name) => name === 'second');
      world.fixture.release('first');
      expect(JSON.stringify((await first.answerTo(id)).message)).toContain('waited for first');
      expect(world.fixture.aborted.items).toEqual(['second']);
    }));

  it('have an MCP server each: what one sets or subscribes to does not change what the other gets', () =>
    withBareWorld(async (world) => {
      const [loud, quiet] = [world.bare(), world.bare()];
      for (const client of [loud, quiet]) await client.initialize();
      await loud.ask('logging/setLevel', { level: 'debug' });
      await quiet.ask('logging/setLevel', { level: 'error' });
      await loud.ask('resources/subscribe', { uri: 'fixture://text' });
      for (const client of [loud, quiet]) await client.call('log', { text: client.pubkey });
      const logged = (client: BareClient): unknown[] =>
        client.answers.items
          .filter(({ message }) => message['method'] === 'notifications/message')
          .map(({ message }) => message['params']);
      expect(logged(loud)).toHaveLength(2);
      expect(JSON.stringify(logged(loud))).not.toContain(quiet.pubkey);
      expect(logged(quiet)).toEqual([]);
      const { instances } = world.fixture;
      expect(instances.map(({ caller }) => caller.pubkey)).toEqual([loud.pubkey, quiet.pubkey]);
      expect(instances.map(({ subscriptions }) => subscriptions.size)).toEqual([1, 0]);
    }));

  it('are told of news once each', () =>
    withBareWorld(async (world) => {
      const clients = [world.bare(), world.bare(), world.bare({ form: 'ephemeral' })];
      for (const client of clients) await client.initialize();
      world.fixture.newest.server.sendToolListChanged();
      const last = clients[2];
      await last?.answers.first(({ message }) => message['method'] === 'notifications/tools/list_changed');
      for (const client of clients) await client.ask('ping');
      const news = clients.map((client) =>
        client.answers.items.filter(({ message }) => String(message['method']).endsWith('list_changed')),
      );
      expect(news.map(({ length }) => length)).toEqual([0, 0, 1]);
    }));
});
