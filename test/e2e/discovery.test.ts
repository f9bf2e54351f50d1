import { announcementOf, discoverServers, type FoundServer } from '@mcp-nostr/client/discovery';
import {
  type EventTemplate,
  formatAddress,
  generateSecretKey,
  getPublicKey,
  type NostrEvent,
  parseAddress,
  randomHex,
  signEvent,
} from '@mcp-nostr/core';
import {
  announcementTemplates,
  type ServerOffer,
  schemaHash,
  withdrawalTemplate,
} from '@mcp-nostr/core/contextvm';
import { type Relay, startRelay } from '@mcp-nostr/relay';
import { RelayPool } from '@mcp-nostr/transport';
import { describe, expect, it, onTestFinished } from 'vitest';

import { inTurns } from '../helpers/in-turns.ts';
import { closedScriptedRelay, openScriptedRelay } from '../helpers/scripted-relay.ts';

const NOW = Math.floor(Date.now() / 1_000);
/** More than a relay here takes on any machine. */
const timeoutMs = 25_000;

class Announcer {
  readonly key = generateSecretKey();
  readonly pubkey = getPublicKey(this.key);

  sign(template: EventTemplate): NostrEvent {
    return signEvent(template, this.key);
  }

  events(name: string, offer: Partial<ServerOffer> = {}, createdAt = NOW): NostrEvent[] {
    const whole: ServerOffer = {
      initialize: {
        protocolVersion: '2025-11-25',
        capabilities: { tools: {} },
        serverInfo: { name: 'program', version: '1' },
      },
      introduction: { name },
      support: { encryption: true },
      lists: { tools: [{ name: 'echo', description: 'says it again', inputSchema: { type: 'object' } }] },
      ...offer,
    };
    return announcementTemplates(whole, createdAt).map((template) => this.sign(template));
  }
}

async function openRelay(): Promise<Relay> {
  const relay = await startRelay({ port: 0 });
  onTestFinished(() => relay.close());
  return relay;
}

async function publish(relay: Relay, events: NostrEvent[]): Promise<void> {
  const pool = new RelayPool({ relays: [relay.url] });
  await Promise.all(events.map((event) => pool.publish(event)));
  pool.close();
}

const namesOf = (servers: FoundServer[]): (string | undefined)[] => servers.map(({ name }) => name);

describe('discovery', () => {
  it('puts together what several relays have of a server: its newest word of each kind', async () => {
    const [one, two] = [await openRelay(), await openRelay()];
    const server = new Announcer();
    const tools = { tools: [{ name: 'new', inputSchema: { type: 'object' } }] };
    await publish(one, server.events('old name', { lists: tools }, NOW - 1).slice(0, 1));
    await publish(one, server.events('old name', { lists: tools }, NOW + 1).slice(1));
    await publish(two, server.events('new name'));
    const relays = [one.url, two.url];
    const [found, ...others] = await discoverServers({ timeoutMs, relays });
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      name: 'new name',
      tools: [{ name: 'new' }],
      createdAt: NOW,
      pubkey: server.pubkey,
    });
    expect(parseAddress(found?.address ?? '')).toEqual({ pubkey: server.pubkey, relays: found?.foundOn });
    expect(found?.foundOn.toSorted()).toEqual(relays.toSorted());
    expect(await announcementOf(formatAddress({ pubkey: server.pubkey, relays }), { timeoutMs })).toEqual(
      found,
    );
  });

  it('lists the newest first, and leaves out what is of a time to come', async () => {
    const relay = await openScriptedRelay({
      stored: [3, 1, 2]
        .flatMap((age) => new Announcer().events(`server ${age}`, {}, NOW - age))
        .concat(new Announcer().events('tomorrow', {}, NOW + 86_400)),
    });
    const found = await discoverServers({ timeoutMs, relays: [relay.url] });
    expect(namesOf(found)).toEqual(['server 1', 'server 2', 'server 3']);
  });

  it('leaves out a server that one relay knows to be withdrawn, by address or by id', async () => {
    const [one, two] = [await openRelay(), await openRelay()];
    const [gone, old, there] = [new Announcer(), new Announcer(), new Announcer()];
    const stale = gone.events('by address', {}, NOW - 10);
    const named = old.events('by id', {}, NOW - 10);
    await publish(one, [...stale, ...named, ...there.events('there')]);
    await publish(two, [
      gone.sign(withdrawalTemplate(gone.pubkey, { kinds: [11_316] }, NOW)),
      old.sign({ kind: 5, created_at: NOW, content: 'bye', tags: [['e', named[0]?.id ?? '']] }),
      // Nobody takes back what is another's.
      gone.sign(withdrawalTemplate(there.pubkey, { kinds: [11_316] }, NOW + 1)),
    ]);
    const relays = [one.url, two.url];
    expect(namesOf(await discoverServers({ timeoutMs, relays }))).toEqual(['there']);
    expect(await announcementOf(old.pubkey, { timeoutMs, relays })).toBeUndefined();
    expect(await announcementOf(old.pubkey, { timeoutMs, relays: [one.url] })).toBeDefined();
  });

  it('shows a server again that has announced itself after it withdrew', async () => {
    const relay = await openRelay();
    const server = new Announcer();
    await publish(relay, [server.sign(withdrawalTemplate(server.pubkey, { kinds: [11_316] }, NOW - 5))]);
    await publish(relay, server.events('again', {}, NOW));
    expect(namesOf(await discoverServers({ timeoutMs, relays: [relay.url] }))).toEqual(['again']);
  });

  it('takes nothing that its author has not signed', async () => {
    const server = new Announcer();
    const [genuine, tools] = server.events('genuine', {}, NOW - 5);
    const forged = new Announcer().events('forged').map((event) => ({ ...event, pubkey: server.pubkey }));
    const relay = await openScriptedRelay({
      stored: [...forged, genuine, { ...tools, content: '{"tools":[{"name":"evil"}]}' }],
    });
    const found = await discoverServers({ timeoutMs, relays: [relay.url] });
    expect(found).toMatchObject([{ name: 'genuine' }]);
    expect(found[0]?.tools).toBeUndefined();
  });

  it('finds all words, in names before descriptions, whatever their case', async () => {
    const relay = await openRelay();
    const tool = (name: string, description: string) => ({
      lists: { tools: [{ name, description, inputSchema: { type: 'object' } }] },
    });
    await publish(relay, [
      ...new Announcer().events('Clock', tool('time', 'The weather is not known here'), NOW),
      ...new Announcer().events('Sky', tool('weather_today', 'rain'), NOW - 1),
      ...new Announcer().events('Weather of Ühlingen', tool('x', 'y'), NOW - 2),
      ...new Announcer().events('Other', tool('a', 'b'), NOW),
    ]);
    const relays = [relay.url];
    expect(namesOf(await discoverServers({ timeoutMs, relays, words: 'WEATHER' }))).toEqual([
      'Weather of Ühlingen',
      'Sky',
      'Clock',
    ]);
    expect(namesOf(await discoverServers({ timeoutMs, relays, words: ['weather rain'] }))).toEqual(['Sky']);
    expect(namesOf(await discoverServers({ timeoutMs, relays, words: 'ühlingen' }))).toEqual([
      'Weather of Ühlingen',
    ]);
    expect(await discoverServers({ timeoutMs, relays, words: 'weather snow' })).toEqual([]);
  });

  it('finds who claims a common schema', async () => {
    const relay = await openRelay();
    const tool = { name: 'translate', inputSchema: { type: 'object' } };
    const hash = schemaHash(tool);
    await publish(relay, [
      ...new Announcer().events('translator', {
        lists: { tools: [tool] },
        schemas: [{ hash, tool: 'translate' }],
      }),
      ...new Announcer().events('other'),
    ]);
    const relays = [relay.url];
    expect(await discoverServers({ timeoutMs, relays, schema: hash.toUpperCase() })).toMatchObject([
      { name: 'translator', schemas: [{ hash, tool: 'translate' }] },
    ]);
    expect(await discoverServers({ timeoutMs, relays, schema: '0'.repeat(64) })).toEqual([]);
    await expect(discoverServers({ timeoutMs, relays, schema: 'x' })).rejects.toThrow(/not a schema's hash/);
  });

  it('gives a relay no more than its share when another floods it, and turns its pages', async () => {
    const flooded = await openRelay();
    const quiet = await openRelay();
    const flood = Array.from({ length: 205 }, (_, index) =>
      new Announcer().events(`spam ${index}`, { lists: {} }, NOW - Math.floor(index / 50)),
    );
    await publish(flooded, flood.flat());
    await publish(quiet, new Announcer().events('quiet', {}, NOW - 1_000));
    const relays = [flooded.url, quiet.url];
    const found = await discoverServers({ timeoutMs, relays, limit: 5 });
    expect(found).toHaveLength(5);
    expect(namesOf(found)).toContain('quiet');
    expect(
      await discoverServers({ timeoutMs, relays: [flooded.url], words: 'spam', limit: 1_000 }),
    ).toHaveLength(205);
  });

  it('takes a bounded number of a relay that never comes to an end', async () => {
    const [event] = new Announcer().events('x');
    const stored = Array.from({ length: 1_600 }, () => ({
      ...event,
      id: randomHex(32),
      pubkey: randomHex(32),
    }));
    const relay = await openScriptedRelay({ stored, sendsEose: false });
    expect(await discoverServers({ timeoutMs, relays: [relay.url] })).toEqual([]);
  });

  it('listens no longer to a relay that sends too much', async () => {
    const [event] = new Announcer().events('x');
    const large = { ...event, content: ' '.repeat(1_000_000) };
    const relay = await openScriptedRelay({ stored: Array.from({ length: 40 }, () => large) });
    const found = discoverServers({ timeoutMs, relays: [relay.url] });
    await expect(found).rejects.toThrow('sends more than is taken');
  });

  it('shows what the quick relays have while a slow one has its time, and says who was not heard', async () => {
    const quick = await openRelay();
    await publish(quick, new Announcer().events('quick'));
    const silent = await openScriptedRelay({ isHalfOpen: true });
    const closed = (await closedScriptedRelay()).url;
    const shown: (string | undefined)[][] = [];
    const failures: [string, string | undefined][] = [];
    const found = await inTurns(() =>
      discoverServers({
        relays: [silent.url, quick.url, closed],
        timeoutMs: 300,
        onfound: (servers) => shown.push(namesOf(servers)),
        onrelay: (relay, failure) => failures.push([relay, failure?.code]),
      }),
    );
    expect(namesOf(found)).toEqual(['quick']);
    expect(shown).toContainEqual(['quick']);
    expect(failures).toEqual([
      [silent.url, 'unreachable'],
      [quick.url, undefined],
      [closed, 'unreachable'],
    ]);
  });

  it('fails when no relay answers, and not when it is stopped', async () => {
    const closed = (await closedScriptedRelay()).url;
    await expect(discoverServers({ timeoutMs, relays: [closed] })).rejects.toMatchObject({
      code: 'relays_unreachable',
    });
    await expect(discoverServers({ timeoutMs, relays: [] })).rejects.toMatchObject({ code: 'no_relays' });
    const aborter = new AbortController();
    const silent = await openScriptedRelay({ isHalfOpen: true });
    const stopped = discoverServers({ timeoutMs, relays: [silent.url], signal: aborter.signal });
    aborter.abort();
    expect(await stopped).toEqual([]);
  });
});
