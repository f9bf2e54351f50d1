import {
  type DecodeErrorCode,
  generateSecretKey,
  isRecord,
  type NostrEvent,
  randomHex,
  secretKeySigner,
  signEvent,
  wrapEvent,
} from '@mcp-nostr/core';
import { describe, expect, it } from 'vitest';

import { countCall, dress, Forger, initialize, withWrongSignature } from '../helpers/forger.ts';
import { decodeCode, hostileWorld } from '../helpers/hostile-world.ts';
import { legs } from '../helpers/legs.ts';
import { newSeed, seededRandom } from '../helpers/random.ts';

describe.each(legs)('hostile events, $name', (leg) => {
  const { world, isEncrypted, inject, crafted, expectUnharmed, refusalOf, answerTo } = hostileWorld(leg);

  const attacks: [string, DecodeErrorCode, () => void][] = [
    [
      'with a wrong signature',
      'bad_signature',
      () => inject(withWrongSignature(crafted({ messages: [initialize] }))),
    ],
    [
      "in another's name",
      'bad_signature',
      () => inject({ ...crafted({ messages: [initialize] }), pubkey: new Forger().pubkey }),
    ],
    [
      'in the form that the server does not take',
      'wrong_kind',
      () => inject(crafted({ messages: [initialize] }), !isEncrypted),
    ],
    [
      'of an outer kind that it has not asked for',
      'wrong_kind',
      () => {
        const { pubkey } = world.server;
        world.inject({ ...wrapEvent(crafted({ messages: [initialize] }), pubkey), kind: 4 }, pubkey);
      },
    ],
    ['of kind 1', 'wrong_kind', () => inject(crafted({ messages: [initialize], kind: 1 }))],
    [
      'that was signed for another server',
      'wrong_recipient',
      () => inject(new Forger().craft(new Forger().pubkey, { messages: [initialize] })),
    ],
    [
      'without a recipient',
      'wrong_recipient',
      () => inject(crafted({ messages: [initialize], tags: [linkTag] })),
    ],
    [
      'whose first recipient is another',
      'wrong_recipient',
      () => {
        const tags = [['p', new Forger().pubkey], ['p', world.server.pubkey], linkTag];
        inject(crafted({ messages: [initialize], tags }));
      },
    ],
    [
      'with too many tags',
      'too_large',
      () => {
        const { pubkey } = world.server;
        const tags = [['p', pubkey], ...Array.from({ length: 100 }, () => ['x', 'y'])];
        const template = { kind: isEncrypted ? 21_059 : 25_910, created_at: now(), tags, content: 'x' };
        world.inject(signEvent(template, generateSecretKey()), pubkey);
      },
    ],
  ];

  it.each(attacks)('drops an event %s (%s)', async (_, code, attack) => {
    expect(await refusalOf(attack)).toBe(code);
  });

  it.each([
    ['an empty link tag', []],
    ['a short connection id', ['abc', '0', '0', '']],
    ['capitals in its connection id', [randomHex(16).toUpperCase().replace(/^./, 'A'), '0', '0', '']],
    ['a negative number', [randomHex(16), '-1', '0', '']],
    ['a number that is none', [randomHex(16), '1e3', '0', '']],
    ['an enormous number', [randomHex(16), '9'.repeat(40), '0', '']],
    ['no acknowledgement', [randomHex(16), '0', '', '']],
    ['a malformed instance', [randomHex(16), '0', '0', 'zz']],
    ['an unknown control', [randomHex(16), '', '0', '', 'explode', 'x']],
    ['a number on a control', [randomHex(16), '3', '0', '', 'probe', 'x']],
    ['neither number nor control', [randomHex(16), '', '0', '']],
  ])('drops an event with %s', async (_, link) => {
    const tags = [
      ['p', world.server.pubkey],
      ['link', ...link],
    ];
    expect(await refusalOf(() => inject(crafted({ messages: [initialize], tags })))).toBe('bad_link');
  });

  it.runIf(isEncrypted)('drops what does not decrypt', async () => {
    const { pubkey } = world.server;
    const wrapOf = (content: string): NostrEvent =>
      signEvent({ kind: 21_059, created_at: now(), tags: [['p', pubkey]], content }, generateSecretKey());
    const good = wrapEvent(crafted({ messages: [initialize] }), pubkey).content;
    const turned = good.slice(0, 100) + (good[100] === 'A' ? 'B' : 'A') + good.slice(101);
    for (const content of ['', 'garbage', '#new', 'A'.repeat(500), turned, good.slice(0, -4)]) {
      expect(await refusalOf(() => world.inject(wrapOf(content), pubkey))).toBe('not_decryptable');
    }
  });

  it.runIf(isEncrypted)('drops what decrypts to no event', async () => {
    const { pubkey } = world.server;
    const key = generateSecretKey();
    for (const plaintext of ['not JSON', '[]', 'null', '{}', '{"id":1}']) {
      const content = (await secretKeySigner(key).nip44?.encrypt(pubkey, plaintext)) ?? '';
      const wrap = signEvent({ kind: 21_059, created_at: now(), tags: [['p', pubkey]], content }, key);
      expect(await refusalOf(() => world.inject(wrap, pubkey))).toBe('bad_event');
    }
  });

  it.each([
    ['malformed JSON', '{"jsonrpc":"2.0","id":1,'],
    ['a JSON-RPC batch', JSON.stringify([countCall('hostile')])],
    ['no object', '"hello"'],
    ['another version', JSON.stringify({ jsonrpc: '1.0', id: 1, method: 'ping' })],
    ['an id that is null', JSON.stringify({ jsonrpc: '2.0', id: null, method: 'ping' })],
    ['an id that is an object', JSON.stringify({ jsonrpc: '2.0', id: {}, method: 'ping' })],
    ['an id that is too long', JSON.stringify({ jsonrpc: '2.0', id: 'x'.repeat(10_000), method: 'ping' })],
    ['parameters that are a list', JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping', params: [] })],
  ])('answers an opening with %s by an error, and goes on', async (what, content) => {
    const honest = await world.connect();
    const reported = world.served.errors.next((error) => decodeCode(error)?.startsWith('bad_json') === true);
    const forger = new Forger();
    inject(forger.craft(world.server.pubkey, { content }));
    await reported;
    const answer = JSON.parse((await answerTo(forger.signer)).content);
    expect(answer).toEqual({
      jsonrpc: '2.0',
      error: {
        code: what === 'malformed JSON' ? -32_700 : -32_600,
        message: expect.stringContaining('not a JSON-RPC message'),
      },
    });
    await expectUnharmed(honest);
  });

  it('survives random damage to an event', async () => {
    const seed = newSeed();
    const random = seededRandom(seed);
    const honest = await world.connect();
    const { pubkey } = world.server;
    const damage = (text: string): string => {
      const at = Math.floor(random() * text.length);
      return text.slice(0, at) + String.fromCharCode(32 + Math.floor(random() * 90)) + text.slice(at + 1);
    };
    for (let i = 0; i < 100; i++) {
      const inner = JSON.stringify(crafted({ messages: [countCall('hostile')], link: { sequence: 1 } }));
      const isInside = i % 2 === 0;
      const event = parse(isInside ? damage(inner) : inner);
      if (!isRecord(event)) continue;
      const outer = JSON.stringify(dress(event as unknown as NostrEvent, pubkey, isEncrypted));
      const value = parse(isInside ? outer : damage(outer));
      if (isRecord(value)) world.inject(value as unknown as NostrEvent, pubkey);
    }
    const failure = await expectUnharmed(honest).catch((error: unknown) => error);
    expect(failure, `seed ${seed}`).toBeUndefined();
  });
});

const linkTag = ['link', randomHex(16), '0', '0', ''];

function now(): number {
  return Math.floor(Date.now() / 1000);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
