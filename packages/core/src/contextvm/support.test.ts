import { describe, expect, it } from 'vitest';

import { introductionTags, readIntroduction } from './introduction.ts';
import { learnSupport, noSupport, type PeerSupport, readSupport, supportTags } from './support.ts';

const all: PeerSupport = {
  encryption: true,
  ephemeral: true,
  oversized: true,
  openStream: true,
  link: '0123456789abcdef',
  pmis: ['bitcoin-lightning-bolt11', 'cashu'],
  paymentInteraction: 'explicit_gating',
};

describe('what a peer supports', () => {
  it('is said in the order that ContextVM has, flags as tags of one element', () => {
    expect(supportTags(all)).toEqual([
      ['support_encryption'],
      ['support_encryption_ephemeral'],
      ['support_oversized_transfer'],
      ['support_open_stream'],
      ['pmi', 'bitcoin-lightning-bolt11'],
      ['pmi', 'cashu'],
      ['payment_interaction', 'explicit_gating'],
      ['support_link', '0123456789abcdef'],
    ]);
    expect(supportTags({ oversized: true, encryption: false })).toEqual([['support_oversized_transfer']]);
  });

  it.each([all, noSupport, { ...noSupport, oversized: true }])('is read as it was said: %j', (support) => {
    expect(readSupport([['p', 'x'], ...supportTags(support), ['unknown']])).toEqual(support);
  });

  it.each([
    [['support_encryption', 'true']],
    [['support_encryption', '']],
    [['support_link']],
    [['support_link', '0123456789ABCDEF']],
    [['pmi', 'Bitcoin Lightning']],
    [['pmi', 'a'.repeat(65)]],
    [['pmi']],
    [['payment_interaction', 'later']],
    [[]],
  ])('is not said by %j', (tag) => {
    expect(readSupport([tag])).toEqual(noSupport);
  });

  it('names each way to pay once, and no more of them than anybody needs', () => {
    const tags = Array.from({ length: 100 }, (_, index) => ['pmi', `way-${index % 50}`]);
    expect(readSupport(tags).pmis).toEqual(Array.from({ length: 32 }, (_, index) => `way-${index}`));
  });

  it('is never unlearned; of what has a value the newest word counts', () => {
    expect(learnSupport(all, noSupport)).toEqual(all);
    expect(learnSupport(noSupport, all)).toEqual(all);
    const restarted = readSupport([
      ['support_link', 'f'.repeat(16)],
      ['pmi', 'other'],
    ]);
    expect(learnSupport(all, restarted)).toEqual({ ...all, link: 'f'.repeat(16), pmis: ['other'] });
  });
});

describe('the introduction of a server', () => {
  const introduction = {
    name: 'Demo server',
    about: 'about text',
    website: 'https://example.invalid',
    picture: 'https://example.invalid/p.png',
  };

  it('is read as it was said', () => {
    expect(readIntroduction(introductionTags(introduction))).toEqual(introduction);
    expect(introductionTags({ website: 'https://example.invalid', name: '' })).toEqual([
      ['website', 'https://example.invalid'],
    ]);
  });

  it('leaves out what nobody could show', () => {
    const tags = [['name', 'a'.repeat(257)], ['about', ''], ['website'], ['picture', 'p']];
    expect(readIntroduction(tags)).toEqual({ picture: 'p' });
  });
});
