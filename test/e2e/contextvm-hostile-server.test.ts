import { NostrClientTransport, type NostrClientTransportOptions } from '@mcp-nostr/client';
import {
  generateSecretKey,
  GIFT_WRAP_KIND,
  MESSAGE_KIND,
  type NostrEvent,
  secretKeySigner,
  signEvent,
  tagValue,
  unwrapEvent,
  wrapEvent,
} from '@mcp-nostr/core';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { describe, expect, it, onTestFinished } from 'vitest';

import { BareServer } from '../helpers/bare-server.ts';
import { BareWorld } from '../helpers/bare-world.ts';
import { newSigner, withWorld } from '../helpers/world.ts';

const textOf = (value: string) => ({ content: [{ type: 'text', text: value }] });

/** Our client at that server, and what it was told beside the answers. */
async function connect(server: BareServer, options: Partial<NostrClientTransportOptions> = {}) {
  const client = new Client({ name: 'ours', version: '1' });
  const news: string[] = [];
  client.fallbackNotificationHandler = ({ method }) => {
    news.push(method);
    return Promise.resolve();
  };
  onTestFinished(() => client.close());
  await client.connect(new NostrClientTransport({ server: server.pubkey, relays: [server.url], ...options }));
  return { client, news };
}

describe('a client of ours at a server of ContextVM', () => {
  it('takes nothing in plain text: neither answers nor progress nor news', async () => {
    const server = await BareServer.open();
    server.onrequest = (request, heard) => {
      const plain = { form: 'plain' } as const;
      server.say(heard, { id: request.id, result: textOf('plain') }, plain);
      server.say(heard, { method: 'notifications/plain' }, { ...plain, requestEvent: null });
      const params = { progressToken: 1, progress: 1 };
      server.say(heard, { method: 'notifications/progress', params }, plain);
      server.say(heard, { method: 'notifications/wrapped' }, { requestEvent: null });
      return { result: textOf('wrapped') };
    };
    const { client, news } = await connect(server);
    const progress: unknown[] = [];
    const call = client.callTool({ name: 'any' }, undefined, { onprogress: (each) => progress.push(each) });
    expect(await call).toEqual(textOf('wrapped'));
    expect(news).toEqual(['notifications/wrapped']);
    expect(progress).toEqual([]);
    // And it has said nothing in plain text.
    expect(server.heard.items.filter(({ kind }) => kind === MESSAGE_KIND)).toEqual([]);
  });

  it('takes one answer to each of its requests, from the server and from nobody else', async () => {
    const server = await BareServer.open();
    server.onrequest = (request, heard) => {
      const forged = { id: request.id, result: textOf('forged') };
      server.say(heard, forged, { secretKey: generateSecretKey() });
      server.say(heard, forged, { requestEvent: '0'.repeat(64) });
      server.say(heard, forged, { requestEvent: null });
      server.say(heard, { id: 'another', result: textOf('first') });
      return { result: textOf('second') };
    };
    const { client, news } = await connect(server);
    expect(await client.callTool({ name: 'any' })).toEqual(textOf('first'));
    expect(await client.ping()).toEqual({});
    expect(news).toEqual([]);
  });

  it('says nothing that relays keep to a server that hears it otherwise', async () => {
    const server = await BareServer.open();
    const { client } = await connect(server, { signer: newSigner() });
    await client.callTool({ name: 'any' });
    expect(server.heard.items.filter(({ kind }) => kind === GIFT_WRAP_KIND)).toEqual([]);
  });

  it('is not made to leave the link, and its guarantees, once it has heard a server with one', () => {
    const secretKey = generateSecretKey();
    const world = new BareWorld({ serve: { signer: secretKeySigner(secretKey) } });
    return withWorld(world, async () => {
      const signer = newSigner();
      const me = await signer.getPublicKey();
      const news: string[] = [];
      const prepare = (client: Client): void => {
        client.fallbackNotificationHandler = ({ method }) => {
          news.push(method);
          return Promise.resolve();
        };
      };
      const { client, errors } = await world.connect({ signer, prepare });
      const said = (): Promise<NostrEvent[]> => {
        const outer = world.traffic.items.filter((event) => tagValue(event, 'p') === world.server.pubkey);
        return Promise.all(outer.map((event) => unwrapEvent(event, secretKeySigner(secretKey))));
      };
      // The key of the server itself says it: another process with that key may know no link.
      for (const { id } of await said()) {
        const content = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/without/link' });
        const created_at = Math.floor(Date.now() / 1_000);
        const tags = [
          ['p', me],
          ['e', id],
        ];
        const event = signEvent({ kind: MESSAGE_KIND, created_at, tags, content }, secretKey);
        world.inject(wrapEvent(event, me), me);
      }
      await client.callTool({ name: 'count', arguments: { key: 'linked' } });
      expect(world.fixture.executions.get('linked')).toBe(1);
      const calls = (await said()).filter(({ content }) => content.includes('"linked"'));
      expect(calls.length).toBeGreaterThan(0);
      expect(calls.every((event) => tagValue(event, 'link') !== undefined)).toBe(true);
      expect(news).toEqual([]);
      expect(errors.items).toEqual([]);
    });
  });
});
