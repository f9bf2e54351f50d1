import type { RequestId } from '@mcp-nostr/core';
import { expect, it } from 'vitest';

import { legs } from '../helpers/legs.ts';
import { Recorder } from '../helpers/recorder.ts';
import { World, withWorld } from '../helpers/world.ts';

const [leg] = legs;

it('tells of each notification and request of the server which request of ours it belongs to', () =>
  withWorld(new World(leg!), async (world) => {
    const transport = world.transport();
    const received = new Recorder<{ method: unknown; related: RequestId | undefined }>('a message');
    Object.assign(transport, {
      onmessage: (message: object, extra?: { relatedRequestId?: RequestId }) =>
        received.add({
          method: 'method' in message ? message.method : 'id' in message && message.id,
          related: extra?.relatedRequestId,
        }),
    });
    const request = async (id: RequestId, method: string, params: Record<string, unknown>): Promise<void> => {
      await transport.send({ jsonrpc: '2.0', id, method, params });
    };
    await transport.start();
    const clientInfo = { name: 'raw', version: '0' };
    await request(0, 'initialize', {
      protocolVersion: '2025-06-18',
      capabilities: { elicitation: {} },
      clientInfo,
    });
    await received.first(({ method }) => method === 0);
    await transport.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    await request(7, 'tools/call', {
      name: 'progress',
      arguments: { steps: 1 },
      _meta: { progressToken: 'x' },
    });
    await request('7', 'tools/call', { name: 'ask-user', arguments: { question: 'Who?' } });
    await received.first(({ method }) => method === 7);
    await received.first(({ method }) => method === 'elicitation/create');
    world.fixture.newest.server.sendToolListChanged();
    await received.first(({ method }) => method === 'notifications/tools/list_changed');
    expect(received.items).toEqual(
      expect.arrayContaining([
        { method: 'notifications/progress', related: 7 },
        { method: 'elicitation/create', related: '7' },
        { method: 'notifications/tools/list_changed', related: undefined },
        { method: 7, related: undefined },
      ]),
    );
  }));
