import type { RequestReport } from '@mcp-nostr/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { describe, expect, it } from 'vitest';

import { connect2 } from '../helpers/eras.ts';
import { Fixture2 } from '../helpers/fixture-server-2.ts';
import { legs } from '../helpers/legs.ts';
import { LiveBook, nowSeconds } from '../helpers/policy-world.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { Recorder } from '../helpers/recorder.ts';
import { newSigner, sharedWorld } from '../helpers/world.ts';

const [leg] = legs as [(typeof legs)[0]];
const live = new LiveBook();
const reports = new Recorder<RequestReport>('a report of a request');
const world = sharedWorld(leg, undefined, { serve: { allow: live.policy, onrequest: reports.add } });
const rateLimited = { code: -31_009, data: { code: 'rate_limited', retryAfterMs: expect.any(Number) } };

async function openRaw(signer = newSigner()): Promise<RawClient> {
  return new RawClient(world.transport({ signer })).open();
}

describe('a key of the book', () => {
  it('sees and uses the tools, resources and prompts that are there for it', async () => {
    const { signer } = live.allowNew({ tools: ['e*', 'count'], resources: ['fixture://text'], prompts: [] });
    const { client } = await world.connect({ signer });
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(['echo', 'count']);
    expect((await client.listResources()).resources.map(({ uri }) => uri)).toEqual(['fixture://text']);
    expect((await client.listPrompts()).prompts).toEqual([]);
    await expect(client.callTool({ name: 'who' })).rejects.toMatchObject({ code: -32_602 });
    await expect(client.readResource({ uri: 'fixture://blob' })).rejects.toMatchObject({ code: -32_602 });
    expect(await client.callTool({ name: 'echo', arguments: { text: 'a' } })).toMatchObject({
      content: [{ text: 'a' }],
    });
    const refused = await reports.first(({ name }) => name === 'who');
    expect(refused).toMatchObject({ outcome: 'refused', code: 'not_allowed' });
  });

  it('makes as many calls in a minute as it may, over all its connections, and none is executed beyond', async () => {
    const { signer, pubkey } = live.allowNew({ callsPerMinute: 4 });
    const [one, two] = await Promise.all([openRaw(signer), openRaw(signer)]);
    const key = `minute of ${pubkey}`;
    for (const id of [1, 2])
      for (const raw of [one, two]) expect(await raw.callTool(id, 'count', { key })).toHaveProperty('result');
    const refused = await two.callTool(3, 'count', { key });
    expect(refused).toMatchObject({
      error: {
        ...rateLimited,
        message: expect.stringMatching(/may make 4 calls per minute; try again in \d+ s$/),
      },
    });
    // The next of 4 in 60 s.
    const retryAfterMs = Number(Reflect.get(Object(Reflect.get(refused, 'error')).data, 'retryAfterMs'));
    expect(retryAfterMs).toBeGreaterThan(0);
    expect(retryAfterMs).toBeLessThanOrEqual(15_000);
    // A host that asks whether the server is there is not told that it is not.
    expect(await one.request('ping', 'ping')).toHaveProperty('result');
    expect(world.fixture.executions.get(key)).toBe(4);
    expect(await reports.first(({ code }) => code === 'rate_limited')).toMatchObject({
      outcome: 'refused',
      name: 'count',
      caller: { pubkey },
    });
    // A new connection is no new minute.
    const three = await openRaw(signer);
    expect(await three.callTool(1, 'count', { key })).toMatchObject({ error: rateLimited });
    // Another key has its own.
    const other = await openRaw(live.allowNew({ callsPerMinute: 1 }).signer);
    expect(await other.callTool(1, 'count', { key })).toHaveProperty('result');
  });

  it('has as many calls under way at once as it may', async () => {
    const { signer } = live.allowNew({ callsAtOnce: 2 });
    const [one, two] = await Promise.all([openRaw(signer), openRaw(signer)]);
    const first = one.callTool(1, 'wait', { name: 'at once 1' });
    const second = two.callTool(1, 'wait', { name: 'at once 2' });
    await world.fixture.started.first((name) => name === 'at once 1');
    await world.fixture.started.first((name) => name === 'at once 2');
    expect(await one.callTool(2, 'echo', { text: '' })).toMatchObject({ error: rateLimited });
    world.fixture.release('at once 2');
    await second;
    expect(await one.callTool(3, 'echo', { text: '' })).toHaveProperty('result');
    world.fixture.release('at once 1');
    await first;
  });

  it('uses as many bytes in a minute as it may, both ways together', async () => {
    const { signer } = live.allowNew({ bytesPerMinute: 60_000 });
    const raw = await openRaw(signer);
    expect(await raw.callTool(1, 'large', { length: 90_000 })).toHaveProperty('result');
    const refused = await raw.callTool(2, 'echo', { text: '' });
    expect(refused).toMatchObject({ error: rateLimited });
    // What is above the minute's 60,000 comes back at 1,000 a second.
    expect(Reflect.get(refused, 'error')).toMatchObject({
      data: { retryAfterMs: expect.toSatisfy((ms: number) => ms > 20_000 && ms < 32_000) },
    });
  });

  it('is shown to handlers of both SDKs with its scopes, those of the book as it is now', async () => {
    const { signer, pubkey } = live.allowNew({ scopes: ['read', 'write'] });
    const fixture2 = new Fixture2();
    const { server } = await world.serve(fixture2.create, { serveStdio, allow: live.policy });
    const one = await world.connect({ signer });
    const two = await connect2(world, { signer, server: server.address });
    const scopesOf = (content: unknown): unknown =>
      JSON.parse((content as [{ text: string }])[0].text).scopes;
    const scopes = async (): Promise<unknown[]> => [
      scopesOf((await one.client.callTool({ name: 'who' })).content),
      scopesOf((await two.client.callTool({ name: 'who' })).content),
    ];
    expect(await scopes()).toEqual([
      ['read', 'write'],
      ['read', 'write'],
    ]);
    live.change((book) => book.allow(pubkey, { scopes: ['read'] }, nowSeconds()));
    expect(await scopes()).toEqual([['read'], ['read']]);
    const watchers = live.watchers;
    await server.close();
    expect(live.watchers).toBe(watchers - 1);
  });
});

describe('a change of the book', () => {
  it('ends the connections of a key that may not any more at once, with what is under way', async () => {
    const { signer, pubkey } = live.allowNew();
    const { client, errors } = await world.connect({ signer });
    const other = await world.connect({ signer: live.allowNew().signer });
    const call = client.callTool({ name: 'wait', arguments: { name: 'denied' } });
    const outcome = call.catch((error: unknown) => error);
    await world.fixture.started.first((name) => name === 'denied');
    live.change((book) => book.deny(pubkey, {}, nowSeconds()));
    await world.fixture.aborted.first((name) => name === 'denied');
    // It may have been executed.
    expect(await outcome).toMatchObject({ data: { code: 'outcome_unknown' } });
    await errors.first(({ message }) => message.includes('(not_allowed)'));
    await expect(client.ping()).rejects.toMatchObject({ data: { code: 'not_allowed' } });
    expect(await other.client.ping()).toEqual({});
    // And lets it in again as soon as it may.
    live.change((book) => book.allow(pubkey, {}, nowSeconds()));
    expect(await client.callTool({ name: 'echo', arguments: { text: 'back' } })).toMatchObject({
      content: [{ text: 'back' }],
    });
  });

  it('of rules holds from the next message on', async () => {
    const { signer, pubkey } = live.allowNew();
    const raw = await openRaw(signer);
    expect(await raw.callTool(1, 'who')).toHaveProperty('result');
    live.change((book) => book.allow(pubkey, { tools: ['echo'], callsPerMinute: 1 }, nowSeconds()));
    expect(await raw.callTool(2, 'who')).toMatchObject({ error: { code: -32_602 } });
    expect(await raw.callTool(3, 'echo', { text: '' })).toMatchObject({ error: rateLimited });
    live.change((book) => book.allow(pubkey, {}, nowSeconds()));
    expect(await raw.callTool(4, 'who')).toHaveProperty('result');
  });
});

describe('a change of what is there for a key', () => {
  it('is news for its clients, in both eras, and only of the lists that changed', async () => {
    const { signer, pubkey } = live.allowNew();
    const news = new Recorder<string>('a list_changed notification');
    await world.connect({
      signer,
      prepare: (client) => {
        client.fallbackNotificationHandler = async ({ method }) => news.add(`legacy ${method}`);
      },
    });
    const { server } = await world.serve(new Fixture2().create, { serveStdio, allow: live.policy });
    const { client } = await connect2(world, {
      signer,
      server: server.address,
      prepare: (each) => {
        each.fallbackNotificationHandler = async ({ method }) => news.add(`modern ${method}`);
      },
    });
    await client.listen({ toolsListChanged: true, promptsListChanged: true });
    const rules = { tools: ['echo'], scopes: ['read'] };
    live.change((book) => book.allow(pubkey, rules, nowSeconds()));
    live.change((book) => book.allow(pubkey, { ...rules, scopes: [] }, nowSeconds()));
    live.change((book) => book.allow(pubkey, { ...rules, resources: [] }, nowSeconds()));
    await news.reached(3);
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['echo']);
    expect(news.items.toSorted()).toEqual([
      'legacy notifications/resources/list_changed',
      'legacy notifications/tools/list_changed',
      'modern notifications/tools/list_changed',
    ]);
    await server.close();
  });
});

describe('a key that goes on although it may not for now', () => {
  it('is not served for a while, on any connection, and learns for how long', async () => {
    const { signer, pubkey } = live.allowNew({ callsPerMinute: 1 });
    const [one, two] = await Promise.all([openRaw(signer), openRaw(signer)]);
    const key = `flood of ${pubkey}`;
    const answers: Promise<unknown>[] = [];
    for (let id = 0; id < 600; id++) {
      const answer = one.callTool(id, 'count', { key });
      answers.push(answer);
      // Not all at once: no more wait at a time than a connection takes.
      if (id % 100 === 99) await answer;
    }
    const refusals = (await Promise.all(answers)).filter((answer) => 'error' in (answer as object));
    expect(refusals.length).toBeGreaterThanOrEqual(599);
    expect(world.fixture.executions.get(key)).toBe(1);
    await Promise.all(
      [one, two].map(({ errors }) => errors.first(({ message }) => message.includes('(rate_limited)'))),
    );
    expect(await two.callTool('later', 'echo', { text: '' })).toMatchObject({
      error: {
        code: -31_009,
        message: expect.stringMatching(/try again in \d+ s/),
        data: {
          code: 'rate_limited',
          retryAfterMs: expect.toSatisfy((ms: number) => ms > 0 && ms <= 30_000),
        },
      },
    });
    // Nobody else has to wait for it.
    expect(await openRaw(live.allowNew().signer)).toBeDefined();
  });
});
