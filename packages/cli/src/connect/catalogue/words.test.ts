import { describe, expect, it } from 'vitest';

import { wordsFor } from '../open-nostr.ts';
import { RelayBoard } from '../relay-board.ts';
import { explain } from './words.ts';

describe('what a host is told where the server cannot answer', () => {
  it('names the command that goes the same way', () => {
    expect(wordsFor('npub1x', { encryption: 'required' })).toBe('npub1x');
    const options = {
      relay: ['wss://one', 'wss://two'],
      key: "/home/o'neil/a key",
      encryption: 'none',
    } as const;
    expect(wordsFor('npub1x', { ...options, relay: [...options.relay] })).toBe(
      String.raw`npub1x --relay wss://one --relay wss://two --key '/home/o'\''neil/a key' --encryption none`,
    );
  });

  it("has nothing of a relay's password", () => {
    const relays = new RelayBoard();
    relays.update({
      url: 'wss://me:hunter2hunter2@relay/?token=abcdefgh12',
      status: 'waiting',
      reason: 'no',
    });
    const server = {
      pubkey: 'ab'.repeat(32),
      words: wordsFor('npub1x', { relay: relays.all.map(({ url }) => url), encryption: 'required' }),
      title: undefined,
      seenAt: undefined,
    };
    const text = explain({ code: 'relays_unreachable', message: '' }, server, relays, 0);
    expect(text).toContain('@relay/');
    expect(text).not.toMatch(/hunter2|abcdefgh/);
  });
});
