import { findRelays, NostrClientTransport } from '@mcp-nostr/client';
import { type EventTemplate, formatNpub, generateSecretKey, getPublicKey, signEvent } from '@mcp-nostr/core';
import { startRelay } from '@mcp-nostr/relay';
import { RelayPool } from '@mcp-nostr/transport';
import { describe, expect, it, onTestFinished } from 'vitest';

import { closedScriptedRelay, openScriptedRelay } from '../helpers/scripted-relay.ts';

const key = generateSecretKey();
const server = { pubkey: getPublicKey(key), relays: [] };
const npub = formatNpub(server.pubkey);
const NOW = Math.floor(Date.now() / 1000);

/** A relay list (NIP-65) of the server. */
function relayList(tags: string[][], fields: Partial<EventTemplate> = {}, author: Uint8Array = key) {
  return signEvent({ kind: 10_002, created_at: NOW, tags, content: '', ...fields }, author);
}

async function lookUp(...stored: unknown[]): Promise<string[]> {
  const relay = await openScriptedRelay({ stored });
  const found = await findRelays(server, [relay.url]);
  return found.map((url) => (url === relay.url ? 'the lookup relay' : url));
}

describe('the relays of a server that is known by its key alone', () => {
  it('are those of its newest list', async () => {
    const lists = [
      relayList([['r', 'wss://old.example']], { created_at: NOW - 10 }),
      relayList([['r', 'wss://new.example']]),
      relayList([['r', 'wss://older.example']], { created_at: NOW - 20 }),
    ];
    expect(await lookUp(...lists)).toEqual(['wss://new.example']);
  });

  it('are those at which it reads: entries without a marker, and those marked so', async () => {
    const list = relayList([
      ['r', 'wss://both.example'],
      ['r', 'wss://empty.example', ''],
      ['r', 'wss://read.example', 'read'],
      ['r', 'wss://write.example', 'write'],
      ['p', 'wss://other.example'],
      ['r'],
      ['r', 'https://no-relay.example'],
      ['r', 'wss://BOTH.example/'],
    ]);
    expect(await lookUp(list)).toEqual(['wss://both.example', 'wss://empty.example', 'wss://read.example']);
  });

  it('are not more than a client would connect to', async () => {
    const tags = Array.from({ length: 50 }, (_, n) => ['r', `wss://relay${n}.example`]);
    expect(await lookUp(relayList(tags))).toHaveLength(8);
  });

  it('are not those of a list that it did not sign', async () => {
    const tags = [['r', 'wss://evil.example']];
    const real = relayList([['r', 'wss://real.example']], { created_at: NOW - 100 });
    expect(
      await lookUp(
        { ...relayList([], { created_at: NOW }), tags },
        { ...real, sig: '0'.repeat(128), created_at: NOW, tags },
        { ...relayList(tags), pubkey: getPublicKey(generateSecretKey()) },
        relayList(tags, {}, generateSecretKey()),
        relayList(tags, { kind: 1 }),
        real,
      ),
    ).toEqual(['wss://real.example']);
  });

  it('are the lookup relays themselves where there is no list, or none with a relay to read from', async () => {
    expect(await lookUp()).toEqual(['the lookup relay']);
    expect(await lookUp(relayList([['r', 'wss://write.example', 'write']]))).toEqual(['the lookup relay']);
  });

  it('are not the default lookup relays: the error says what to do instead', async () => {
    const relay = await openScriptedRelay();
    const looking = findRelays(server, undefined, { defaults: [relay.url] });
    await expect(looking).rejects.toMatchObject({
      code: 'no_relays',
      data: { lookupRelays: [relay.url] },
      message: expect.stringMatching(/npub1.*ws:\/\/127\.0\.0\.1.*nprofile.*name a relay/),
    });
  });

  it('are found although a lookup relay is down, silent or unwilling', async () => {
    const list = relayList([['r', 'wss://real.example']]);
    const relays = await Promise.all([
      closedScriptedRelay(),
      openScriptedRelay({ isHalfOpen: true }),
      openScriptedRelay({ refusesSubscriptions: 'auth-required: members only' }),
      openScriptedRelay({ stored: [list] }),
    ]);
    const urls = relays.map(({ url }) => url);
    expect(await findRelays(server, urls)).toEqual(['wss://real.example']);
  });

  it('leave no connection behind', async () => {
    const relay = await openScriptedRelay();
    await findRelays(server, [relay.url]);
    await relay.heard('close');
    expect(relay.connections).toBe(0);
  });
});

describe('NostrClientTransport with a bare npub', () => {
  it('connects to the relays of the list that our own relay keeps', async () => {
    const relay = await startRelay();
    onTestFinished(() => relay.close());
    const target = await openScriptedRelay();
    const pool = new RelayPool({ relays: [relay.url] });
    onTestFinished(() => pool.close());
    await pool.publish(relayList([['r', target.url]]));
    const transport = new NostrClientTransport({ server: npub, lookupRelays: [relay.url] });
    onTestFinished(() => transport.close());
    await transport.start();
    expect(transport.relays.map(({ url }) => url)).toEqual([target.url]);
    await target.heard('REQ');
  });

  it('does not look for anything where relays are given', async () => {
    const [lookup, target] = await Promise.all([openScriptedRelay(), openScriptedRelay()]);
    const transport = new NostrClientTransport({
      server: npub,
      relays: [target.url],
      lookupRelays: [lookup.url],
    });
    onTestFinished(() => transport.close());
    await transport.start();
    await target.heard('REQ');
    expect(lookup.log).toEqual([]);
  });

  it('starts once, however often it is told to', async () => {
    const relay = await openScriptedRelay();
    const transport = new NostrClientTransport({ server: npub, lookupRelays: [relay.url] });
    onTestFinished(() => transport.close());
    const starts = await Promise.allSettled([transport.start(), transport.start()]);
    expect(starts.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  it('opens nothing when it was closed while it was looking', async () => {
    const relay = await openScriptedRelay({ sendsEose: false });
    const transport = new NostrClientTransport({ server: npub, lookupRelays: [relay.url] });
    const starting = transport.start();
    starting.catch(() => {}); // awaited below
    await relay.heard('REQ');
    await transport.close();
    relay.say(['EOSE', 's0']);
    await expect(starting).rejects.toMatchObject({ code: 'closed' });
    expect(transport.relays).toEqual([]);
  });
});
