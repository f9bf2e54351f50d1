import { generateSecretKey, RELAY_LIST_KIND, secretKeySigner, TOOLS_KIND } from '@mcp-nostr/core';
import { allowOnly } from '@mcp-nostr/core/filter';
import { type McpServerFactory, type Permission, type Policy, unannounce } from '@mcp-nostr/server';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it, onTestFinished } from 'vitest';

import { announced, announcedOn, kindsOf, oneRelay, storedOf, twoRelays } from '../helpers/announced.ts';
import { Recorder } from '../helpers/recorder.ts';
import { openScriptedRelay } from '../helpers/scripted-relay.ts';
import { World } from '../helpers/world.ts';

const secretPubkey = 'a'.repeat(64);

describe('who is shown what', () => {
  /** A policy whose word to strangers the test changes. */
  function changing(word: Permission | 'nobody'): Policy & { change: (word: Permission | 'nobody') => void } {
    let said = word;
    const listeners = new Set<() => void>();
    return {
      permit: () => (said === 'nobody' ? { code: 'not_allowed' } : said),
      watch: (onchange) => {
        listeners.add(onchange);
        return () => listeners.delete(onchange);
      },
      change: (next) => {
        said = next;
        for (const each of listeners) each();
      },
    };
  }

  const only = (name: string): Permission => ({
    isKnown: false,
    names: [{ tool: allowOnly([name]) }],
  });

  it('only what strangers may use is announced; when they may use nothing it is taken back, and comes again', async () => {
    const policy = changing(only('echo'));
    const { posted, errors, server, relay } = await announced({}, { allow: policy });
    const tools = async (): Promise<unknown[] | undefined> =>
      (await announcedOn(relay, server.pubkey))?.tools?.map(({ name }) => name);
    await posted.first();
    expect(await tools()).toEqual(['echo']);
    const changed = posted.next(({ kinds }) => kinds.includes(TOOLS_KIND));
    policy.change(only('who'));
    await changed;
    expect(await tools()).toEqual(['who']);
    const taken = posted.next(({ kinds }) => kinds.includes(5));
    policy.change('nobody');
    await taken;
    expect(kindsOf(await storedOf(server.pubkey, relay))).toEqual([5]);
    expect((await errors.first()).message).toContain('nothing is announced: strangers may not call');
    const again = posted.next();
    policy.change(only('who'));
    await again;
    expect(await tools()).toEqual(['who']);
  });

  it('nothing of a server that strangers may not call', async () => {
    const { world, posted, errors, server, relay } = await announced(
      { relayList: true, profile: true },
      { allow: [secretPubkey] },
    );
    expect((await errors.first()).message).toContain('strangers may not call');
    const other = await world.serve(world.fixture.create, { announce: {}, onannounced: posted.add });
    await posted.first();
    expect(await storedOf(server.pubkey, relay)).toEqual([]);
    expect(await storedOf(other.server.pubkey, relay)).not.toEqual([]);
    expect(posted.items).toHaveLength(1);
  });
});

describe('unannounce', () => {
  it('deletes everywhere what a server has announced that does not run any more', async () => {
    const signer = secretKeySigner(generateSecretKey());
    const { world, posted, server } = await announced({ relayList: true }, { signer, leg: twoRelays });
    await posted.reached(2);
    await server.close();
    const [alive, other] = world.relayUrls;
    const outcome = await unannounce({
      signer,
      relays: [...world.relayUrls, alive ?? ''],
      reason: 'the end',
    });
    expect(outcome).toEqual([alive, other].map((relay) => ({ relay, found: 5, left: 0 })));
    for (const relay of world.relayUrls) {
      const left = await storedOf(server.pubkey, relay);
      // A relay list is more than an announcement: it was not asked for.
      expect(kindsOf(left)).toEqual([5, RELAY_LIST_KIND]);
      expect(left.find(({ kind }) => kind === 5)).toMatchObject({ content: 'the end' });
      expect(await announcedOn(relay, server.pubkey)).toBeUndefined();
    }
  });
});

describe('on a relay that does not take it', () => {
  it('a relay that does not take it is reported once, and the server serves on', async () => {
    const blocked = await openScriptedRelay({ refusesEvents: 'blocked: kind 11316 is not taken here' });
    const { world, posted, errors, relay } = await announced({ relays: [blocked.url] });
    await posted.first((each) => each.relay === relay);
    const error = await errors.first(({ message }) => message.includes(blocked.url));
    expect(error.message).toContain('does not take kind 11316');
    expect(error.message).toContain('is not taken here');
    const { client } = await world.connect();
    expect((await client.listTools()).tools).not.toEqual([]);
    expect(posted.items.map((each) => each.relay)).toEqual([relay]);
  });

  /** With a list of 90 kB. */
  const large: McpServerFactory = () => {
    const server = new Server({ name: 'large', version: '1' }, { capabilities: { tools: {} } });
    const tools = ['a', 'b', 'c'].map((name) => ({
      name,
      description: name.repeat(30_000),
      inputSchema: { type: 'object' as const },
    }));
    server.setRequestHandler(ListToolsRequestSchema, () => ({ tools }));
    return server;
  };

  it('a list that is too large is tried twice there, and costs nobody who is served the connection', async () => {
    const [own, other] = [
      await openScriptedRelay({ cutsAboveBytes: 60_000 }),
      await openScriptedRelay({ cutsAboveBytes: 60_000 }),
    ];
    const world = new World(oneRelay);
    onTestFinished(() => world.close());
    await world.open();
    const cut = new Recorder<string>('an end of a connection');
    const served = await world.serve(large, {
      relays: [own.url],
      announce: { relays: [other.url] },
      onrelay: ({ status }) => cut.add(status),
    });
    const error = await served.errors.first(({ message }) => message.includes('kind 11317'));
    expect(error.message).toContain(`${other.url} does not take kind 11317 of the announcement`);
    expect(error.message).toContain('it ended the connection twice over 90');
    await own.heard('close');
    expect(own.connections).toBe(1);
    expect(cut.items).not.toContain('waiting');
    for (const relay of [own, other]) expect(new Set(kindsOf(relay.events))).toEqual(new Set([11_316]));
  });
});
