import { generateSecretKey, getPublicKey } from '@mcp-nostr/core';
import { describe, expect, it } from 'vitest';

import { AccessBook } from './access-book.ts';
import { limits } from './limits.ts';

const [alice, bob, session] = [0, 1, 2].map(() => getPublicKey(generateSecretKey())) as [
  string,
  string,
  string,
];
const NOW = 1_800_000_000;
const HOUR = 3_600;

/** What a file gives back. */
function reread(book: AccessBook): AccessBook {
  return AccessBook.parse(JSON.stringify(book));
}

function edited(change: (json: Record<string, unknown>) => void): string {
  const json = JSON.parse(JSON.stringify(new AccessBook())) as Record<string, unknown>;
  change(json);
  return JSON.stringify(json);
}

describe('AccessBook', () => {
  it('keeps allowed and denied keys, each in one of both lists', () => {
    const book = new AccessBook();
    const rules = { tools: ['get_*'], scopes: ['read'], callsPerMinute: 60, name: 'Alice' };
    book.allow(alice, rules, NOW);
    book.deny(bob, { name: 'Bob' }, NOW);
    expect(book.find(alice, NOW)).toEqual({ pubkey: alice, addedAt: NOW, ...rules });
    expect([book.find(bob, NOW), book.isDenied(bob), book.isDenied(alice)]).toEqual([undefined, true, false]);
    book.deny(alice, {}, NOW);
    book.allow(bob, {}, NOW);
    expect([book.find(alice, NOW), book.isDenied(alice), book.isDenied(bob)]).toEqual([
      undefined,
      true,
      false,
    ]);
    expect([book.remove(alice), book.remove(bob), book.remove(bob)]).toEqual([true, true, false]);
    expect([book.allowed, book.denied]).toEqual([[], []]);
  });

  it('lets a key in until its time is over', () => {
    const book = new AccessBook();
    book.allow(alice, { expiresAt: NOW + HOUR }, NOW);
    expect(book.find(alice, NOW + HOUR - 1)).toBeDefined();
    expect(book.find(alice, NOW + HOUR)).toBeUndefined();
    book.allow(bob, {}, NOW + HOUR);
    expect(book.allowed.map(({ pubkey }) => pubkey)).toEqual([bob]);
  });

  it('is the same after it was written and read', () => {
    const book = new AccessBook();
    book.allow(alice, { tools: ['a', 'b*'], resources: [], bytesPerMinute: 1_000, expiresAt: NOW + 1 }, NOW);
    book.deny(bob, {}, NOW);
    const { code } = book.invite({ rules: { callsAtOnce: 2 }, uses: 2, expiresAt: NOW + HOUR }, NOW);
    book.redeem(code, session, NOW);
    book.revoke(alice, { session, before: NOW }, NOW);
    expect(JSON.stringify(reread(book))).toBe(JSON.stringify(book));
    expect(reread(book).redeem(code, getPublicKey(generateSecretKey()), NOW)).toMatchObject({
      callsAtOnce: 2,
    });
  });

  it('keeps out what it does not know', () => {
    const text = edited((json) => {
      json['denied'] = { [alice]: { addedAt: NOW, colour: 'red', __proto__: null } };
      json['more'] = 1;
    });
    const json = JSON.parse(JSON.stringify(AccessBook.parse(text))) as Record<string, unknown>;
    expect(json['denied']).toEqual({ [alice]: { addedAt: NOW } });
    expect(json).not.toHaveProperty('more');
  });

  it('does not take a rule that is misspelt, or in the wrong place, for none', () => {
    const invite = { id: 'a', hash: alice, uses: 1, redeemedBy: [], addedAt: NOW, expiresAt: NOW + 1 };
    const texts = [
      edited((json) => (json['allowed'] = { [alice]: { addedAt: NOW, tool: ['a'] } })),
      edited((json) => (json['allowed'] = { [alice]: { addedAt: NOW, rules: { tools: ['a'] } } })),
      edited((json) => (json['invites'] = [{ ...invite, rules: { Tools: ['a'] } }])),
      edited((json) => (json['invites'] = [{ ...invite, rules: {}, tools: ['a'] }])),
    ];
    for (const text of texts)
      expect(() => AccessBook.parse(text)).toThrow(/"(tool|rules|Tools|tools)"; what/);
  });

  it.each([
    ['not JSON', '{'],
    ['what nests without end', '['.repeat(9_999) + ']'.repeat(9_999)],
    ['no object', '[]'],
    ['another version', edited((json) => (json['version'] = 2))],
    ['a key that is none', edited((json) => (json['allowed'] = { alice: { addedAt: NOW } }))],
    ['a rule that is none', edited((json) => (json['allowed'] = { [alice]: { addedAt: NOW, tools: 'a' } }))],
    [
      'a pattern that is none',
      edited((json) => (json['allowed'] = { [alice]: { addedAt: NOW, tools: ['['] } })),
    ],
    [
      'a bound that is none',
      edited((json) => (json['allowed'] = { [alice]: { addedAt: NOW, callsAtOnce: 0 } })),
    ],
    [
      'a revocation without its time',
      edited((json) => (json['revocations'] = { [alice]: { sessions: { [bob]: 0 } } })),
    ],
    ['no list of invites', edited((json) => delete json['invites'])],
  ])('does not take %s for a book', (_, text) => {
    expect(() => AccessBook.parse(text)).toThrow(expect.objectContaining({ code: 'bad_access_book' }));
  });

  it('does not grow without end', () => {
    const book = new AccessBook();
    for (let i = 0; i < limits.maxInvites; i++) book.invite({ expiresAt: NOW + HOUR }, NOW);
    const another = (): unknown => book.invite({ expiresAt: NOW + 3 * HOUR }, NOW);
    expect(another).toThrow(expect.objectContaining({ code: 'access_book_full' }));
    // Those that nobody can use any more make room.
    expect(() => book.invite({ expiresAt: NOW + 3 * HOUR }, NOW + 2 * HOUR)).not.toThrow();
    expect(book.invites).toHaveLength(1);
  });
});

describe('an invite', () => {
  it('is 128 random bits, of which no book has a trace', () => {
    const book = new AccessBook();
    const codes = [1, 2].map(() => book.invite({ expiresAt: NOW + HOUR }, NOW).code);
    expect(codes[0]).toMatch(/^[a-z2-7]{26}$/u);
    expect(codes[0]).not.toBe(codes[1]);
    expect(JSON.stringify(book)).not.toContain(codes[0]);
    // The same code in another book has another hash.
    expect(new AccessBook().redeem(codes[0] ?? '', alice, NOW)).toBe('invite_expired');
  });

  it('lets in as many keys as it has uses, with its rules', () => {
    const book = new AccessBook();
    const { code, invite } = book.invite(
      { rules: { tools: ['get_*'] }, name: 'friends', uses: 2, expiresAt: NOW + HOUR },
      NOW,
    );
    expect(book.hasOpenInvite(NOW)).toBe(true);
    expect(book.redeem(code, alice, NOW)).toEqual({
      pubkey: alice,
      name: 'friends',
      tools: ['get_*'],
      addedAt: NOW,
      via: invite.id,
    });
    expect(book.redeem(` ${code.toUpperCase()}\n`, bob, NOW)).toMatchObject({ pubkey: bob });
    expect(book.redeem(code, session, NOW)).toBe('invite_expired');
    expect(book.hasOpenInvite(NOW)).toBe(false);
    expect([book.find(alice, NOW)?.via, book.find(session, NOW)]).toEqual([invite.id, undefined]);
  });

  it('is taken again from a key whose answer was lost, and then uses nothing up', () => {
    const book = new AccessBook();
    const { code } = book.invite({ uses: 2, expiresAt: NOW + HOUR }, NOW);
    const first = book.redeem(code, alice, NOW);
    expect(book.redeem(code, alice, NOW + 1)).toBe(first);
    expect(reread(book).redeem(code, alice, NOW + 2 * HOUR)).toEqual(first);
    expect(book.invites[0]?.redeemedBy).toEqual([alice]);
  });

  it('does not let in a key that was denied or taken off the list, nor anybody after its time', () => {
    const book = new AccessBook();
    const { code, invite } = book.invite({ uses: 9, expiresAt: NOW + HOUR }, NOW);
    book.redeem(code, alice, NOW);
    book.remove(alice);
    book.deny(bob, {}, NOW);
    expect(book.redeem(code, alice, NOW)).toBe('invite_expired');
    expect(book.redeem(code, bob, NOW)).toBe('not_allowed');
    expect(book.redeem(code, session, NOW + HOUR)).toBe('invite_expired');
    expect(book.withdraw(invite.id)).toBe(true);
    expect(book.redeem(code, session, NOW)).toBe('invite_expired');
    expect(book.withdraw(invite.id)).toBe(false);
  });

  it('is not found by what is no code', () => {
    const book = new AccessBook();
    book.invite({ expiresAt: NOW + HOUR }, NOW);
    for (const text of ['', 'x', 'a'.repeat(1_000_000)])
      expect(book.redeem(text, alice, NOW)).toBe('invite_expired');
  });

  it('cannot be open for ever', () => {
    const book = new AccessBook();
    for (const expiresAt of [NOW, NOW - 1, NOW + 1e9, Number.NaN])
      expect(() => book.invite({ expiresAt }, NOW)).toThrow(
        expect.objectContaining({ code: 'bad_access_book' }),
      );
  });
});

describe('a revocation', () => {
  const granted = (grantedAt: number, key = session): Parameters<AccessBook['isRevoked']>[0] => ({
    pubkey: alice,
    session: { pubkey: key, grantedAt, expiresAt: grantedAt + HOUR },
  });

  it('ends one session, or all that were granted by then', () => {
    const book = new AccessBook();
    book.revoke(alice, { session, before: NOW }, NOW);
    expect(book.isRevoked(granted(NOW))).toBe(true);
    expect(book.isRevoked(granted(NOW + 1))).toBe(false);
    expect(book.isRevoked(granted(NOW, bob))).toBe(false);
    expect(book.isRevoked({ pubkey: alice })).toBe(false);
    book.revoke(alice, { before: NOW - 10 }, NOW);
    expect(book.isRevoked(granted(NOW - 10, bob))).toBe(true);
    expect(book.isRevoked(granted(NOW - 9, bob))).toBe(false);
    // The later one still counts.
    expect(reread(book).isRevoked(granted(NOW))).toBe(true);
  });

  it('is forgotten when no grant that old is taken any more, and not before', () => {
    const book = new AccessBook();
    book.revoke(alice, { before: NOW }, NOW);
    book.revoke(bob, { before: NOW }, NOW + limits.revocationSeconds);
    expect(book.isRevoked(granted(NOW))).toBe(true);
    book.revoke(bob, { before: NOW }, NOW + limits.revocationSeconds + 1);
    expect(book.isRevoked(granted(NOW))).toBe(false);
  });

  it('of one session too many is one of all', () => {
    const book = new AccessBook();
    for (let i = 0; i <= limits.maxRevokedSessions; i++)
      book.revoke(alice, { session: getPublicKey(generateSecretKey()), before: NOW + i }, NOW);
    expect(book.isRevoked(granted(NOW + limits.maxRevokedSessions))).toBe(true);
    expect(JSON.stringify(book).length).toBeLessThan(500);
  });
});
