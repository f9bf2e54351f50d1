import { describe, expect, it } from 'vitest';

import { type EventTemplate, eventId, type NostrEvent } from '../event.ts';
import { relayListTemplate } from '../relay-list.ts';
import {
  announcementTemplates,
  profileTemplate,
  type ServerOffer,
  withdrawalTemplate,
} from './announcement-templates.ts';
import { announcementKinds, readAnnouncement } from './announcement.ts';

const pubkey = 'a'.repeat(64);
const now = 1_700_000_000;
const initialize = {
  protocolVersion: '2025-11-25',
  capabilities: { tools: {} },
  serverInfo: { name: 'demo', version: '1' },
};
const discover = {
  supportedVersions: ['2026-07-28'],
  capabilities: {},
  serverInfo: { name: 'demo', version: '1' },
};
const support = {
  encryption: true,
  ephemeral: true,
  oversized: true,
  openStream: false,
  link: '0123456789abcdef',
  pmis: [],
};
const tool = { name: 'echo', inputSchema: { type: 'object' } };
const offer: ServerOffer = {
  initialize,
  discover,
  introduction: {
    name: 'Demo server',
    about: 'about text',
    website: 'https://example.invalid',
    picture: 'https://p',
  },
  support,
  lists: {
    tools: [tool],
    resources: [{ uri: 'mem://one', name: 'one' }],
    resourceTemplates: [],
    prompts: [{ name: 'greet' }],
  },
  schemas: [{ hash: 'f'.repeat(64), tool: 'echo' }],
  categories: ['demo'],
};

function sign(template: EventTemplate, author = pubkey): NostrEvent {
  const unsigned = { ...template, pubkey: author };
  return { ...unsigned, id: eventId(unsigned), sig: '0'.repeat(128) };
}

function event(kind: number, content: unknown, tags: string[][] = [], createdAt = now): NostrEvent {
  return sign({
    kind,
    created_at: createdAt,
    tags,
    content: typeof content === 'string' ? content : JSON.stringify(content),
  });
}

const read = (...events: NostrEvent[]) => readAnnouncement(pubkey, events, now);

describe('an announcement', () => {
  it('says that its server reads encrypted messages also where it has a value behind that', () => {
    const tagged = (...tags: string[][]) => read(event(11_316, initialize, tags))?.support.encryption;
    expect([tagged(['support_encryption']), tagged(['support_encryption', 'true']), tagged()]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('is read as it was made, in any order', () => {
    const made = [
      ...announcementTemplates(offer, now),
      relayListTemplate(['wss://one.example', 'wss://two.example'], now),
    ].map((template) => sign(template));
    expect(made.map(({ kind }) => kind)).toEqual([11_316, 11_317, 11_318, 11_319, 11_320, 10_002]);
    for (const events of [made, made.toReversed()])
      expect(read(...events)).toEqual({
        pubkey,
        relays: ['wss://one.example', 'wss://two.example'],
        initialize,
        discover,
        ...offer.introduction,
        ...offer.lists,
        support,
        schemas: offer.schemas,
        categories: ['demo'],
        prices: [],
        createdAt: now,
      });
  });

  it('has nothing of the lists that a server does not have', () => {
    const made = announcementTemplates({ initialize, support: {}, lists: { prompts: [] } }, now);
    expect(made.map(({ kind }) => kind)).toEqual([11_316, 11_320]);
    expect(read(...made.map((template) => sign(template)))).toEqual({
      pubkey,
      relays: [],
      name: 'demo',
      initialize,
      prompts: [],
      support: { encryption: false, ephemeral: false, oversized: false, openStream: false, pmis: [] },
      schemas: [],
      categories: [],
      prices: [],
      createdAt: now,
    });
  });

  it('is none where its key announces nothing', () => {
    expect(read()).toBeUndefined();
    expect(read(event(10_002, '', [['r', 'wss://one.example']]), event(0, { name: 'Ann' }))).toBeUndefined();
    expect(read(sign(announcementTemplates(offer, now)[0]!, 'b'.repeat(64)))).toBeUndefined();
  });

  it('may be a list alone', () => {
    const tags = [
      ['i', 'f'.repeat(64), 'echo'],
      ['i', 'f'.repeat(63), 'echo'],
      ['i', 'f'.repeat(64)],
      ['t', ''],
    ];
    expect(read(event(11_317, { tools: [tool] }, tags, now - 5))).toMatchObject({
      tools: [tool],
      schemas: [{ hash: 'f'.repeat(64), tool: 'echo' }],
      categories: [],
      createdAt: now - 5,
    });
  });

  it.each([
    ['no JSON', '{'],
    ['no InitializeResult', { protocolVersion: 1, capabilities: {}, serverInfo: {} }],
    ['empty', ''],
    ['too long', { ...initialize, instructions: 'x'.repeat(600_000) }],
    ['too deep', { ...initialize, instructions: JSON.parse(`${'['.repeat(300)}${']'.repeat(300)}`) }],
  ])('that is %s says nothing, with all its tags; the others stay', (_, content) => {
    const lists = event(11_317, { tools: [tool, { name: 1 }, 'tool', null] });
    const malformed = read(event(11_316, content, [['name', 'Demo'], ['support_encryption']]), lists);
    expect(malformed).toMatchObject({ tools: [tool], support: { encryption: false } });
    expect(malformed).not.toHaveProperty('initialize');
    expect(malformed).not.toHaveProperty('name');
  });

  it.each([{ resources: {} }, { resources: undefined }, { tools: [] }, []])(
    'has no list that is none: %j',
    (content) => {
      expect(read(event(11_316, initialize), event(11_318, content))).not.toHaveProperty('resources');
    },
  );

  it('says the newest of each kind; of one second that with the lower id', () => {
    const named = (name: string, createdAt: number) => event(11_316, initialize, [['name', name]], createdAt);
    const [old, fresh] = [named('old', now - 1), named('fresh', now)];
    expect(read(old, fresh)?.name).toBe('fresh');
    expect(read(fresh, old)?.name).toBe('fresh');
    const [low, high] = [named('one', now), named('two', now)].sort((a, b) => (a.id < b.id ? -1 : 1));
    expect(read(high!, low!)?.name).toBe(low!.tags[0]![1]);
    expect(read(low!, high!)?.name).toBe(low!.tags[0]![1]);
  });

  it('of a time to come is not taken: it would be the first for good', () => {
    const late = event(11_316, initialize, [['name', 'late']], now + 901);
    expect(read(late)).toBeUndefined();
    expect(read(late, event(11_316, initialize))?.name).toBe('demo');
  });

  it('is known by its own words, else by its profile, else by its program', () => {
    const titled = { ...initialize, serverInfo: { name: 'demo', title: 'The demo', version: '1' } };
    const profile = sign(profileTemplate({ name: 'Profile', about: 'social', picture: 7 }, now));
    expect(read(event(11_316, titled))?.name).toBe('The demo');
    expect(read(event(11_316, titled), profile)).toMatchObject({ name: 'Profile', about: 'social' });
    expect(read(event(11_316, titled, [['name', 'Own']]), profile)).toMatchObject({
      name: 'Own',
      about: 'social',
    });
    expect(read(event(11_316, titled), profile)).not.toHaveProperty('picture');
  });

  it('has each price once, from whichever list names it', () => {
    const prices = [['cap', 'tool:echo', '10', 'sats'], ['cap', 'tool:echo', 'free', 'sats'], ['cap']];
    const found = read(event(11_316, initialize, prices), event(11_320, { prompts: [] }, prices));
    expect(found?.prices).toEqual([{ capability: 'tool:echo', price: '10', unit: 'sats' }]);
  });

  it('is bounded, however much its author has written', () => {
    const many = Array.from({ length: 3_000 }, (_, index) => index);
    const tools = many.map((index) => ({ name: `tool-${index}` }));
    const tags = many.flatMap((index) => [
      ['i', 'f'.repeat(64), `tool-${index}`],
      ['cap', `tool:${index}`, '1', 'sats'],
    ]);
    const relays = event(
      10_002,
      '',
      many.map((index) => ['r', `wss://relay-${index}.example`]),
    );
    const found = read(event(11_317, { tools }, tags), relays);
    expect(found?.tools).toHaveLength(2_000);
    expect(found?.schemas).toHaveLength(2_000);
    expect(found?.prices).toHaveLength(2_000);
    expect(found?.relays).toHaveLength(16);
  });
});

describe('what was announced', () => {
  const made = announcementTemplates(offer, now).map((template) => sign(template));

  it('is withdrawn by address and by id (NIP-09)', () => {
    const template = withdrawalTemplate(
      pubkey,
      { kinds: [11_316, 11_317], ids: ['e1'], reason: 'moved' },
      now,
    );
    expect(template).toEqual({
      kind: 5,
      created_at: now,
      tags: [
        ['e', 'e1'],
        ['a', `11316:${pubkey}:`],
        ['a', `11317:${pubkey}:`],
        ['k', '11316'],
        ['k', '11317'],
      ],
      content: 'moved',
    });
  });

  it('is not there any more, although a relay has kept it', () => {
    const all = sign(withdrawalTemplate(pubkey, { kinds: announcementKinds }, now));
    expect(read(...made, all)).toBeUndefined();
    const byId = sign(withdrawalTemplate(pubkey, { kinds: [], ids: made.map(({ id }) => id) }, now - 9));
    expect(read(byId, ...made)).toBeUndefined();
  });

  it('is there again once it is announced after that; nobody else takes it back', () => {
    const before = sign(withdrawalTemplate(pubkey, { kinds: announcementKinds }, now - 1));
    expect(read(before, ...made)?.tools).toEqual([tool]);
    const ids = made.map(({ id }) => id);
    const other = sign(withdrawalTemplate(pubkey, { kinds: announcementKinds, ids }, now), 'b'.repeat(64));
    expect(read(other, ...made)?.tools).toEqual([tool]);
  });
});
