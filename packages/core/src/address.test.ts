import { describe, expect, it } from 'vitest';

import { formatAddress, formatNpub, parseAddress, parseRelayUrl } from './address.ts';

const pubkey = '3bf0c63fcb93463407af97a5e5ee64fa883d107ef9e558472c4eb9aaaefa459d';
const npub = 'npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w6';
const relays = ['wss://relay.example', 'ws://127.0.0.1:7777'];

describe('parseAddress', () => {
  it('reads hex, npub and nprofile, with or without nostr:, in any case', () => {
    expect(parseAddress(pubkey)).toEqual({ pubkey, relays: [] });
    expect(parseAddress(pubkey.toUpperCase())).toEqual({ pubkey, relays: [] });
    expect(parseAddress(npub)).toEqual({ pubkey, relays: [] });
    expect(parseAddress(`nostr:${npub}`)).toEqual({ pubkey, relays: [] });
    expect(parseAddress(` ${npub.toUpperCase()} `)).toEqual({ pubkey, relays: [] });
    expect(parseAddress(formatAddress({ pubkey, relays }))).toEqual({ pubkey, relays });
    expect(parseAddress(`NOSTR:${formatAddress({ pubkey, relays })}`)).toEqual({ pubkey, relays });
  });

  it('leaves out a relay hint that is no URL of a relay', () => {
    const address = formatAddress({ pubkey, relays: ['http://relay.example', ...relays] });
    expect(parseAddress(address).relays).toEqual(relays);
  });

  it('refuses a secret key, advises to replace it, and does not repeat it', () => {
    const nsec = 'nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5';
    for (const text of [
      nsec,
      `nostr:${nsec}`,
      nsec.toUpperCase(),
      `"${nsec}"`,
      `wss://relay/#${nsec}`,
      nsec.slice(1),
      'ncryptsec1abc',
    ]) {
      const message = messageOf(() => parseAddress(text), 'secret_key_given');
      expect(message).toMatch(/Replace it by a new key/);
      expect(message.toLowerCase()).not.toMatch(/vl029mgps|1abc/);
    }
  });

  it.each([
    ['', /nprofile1…, npub1…, or 64 hex/],
    ['weather', /nprofile1…, npub1…, or 64 hex/],
    [npub.slice(0, -1), /checksum/],
    [`${npub.slice(0, 20)}q${npub.slice(21)}`, /checksum/],
    ['note1fntxtkcy9pjwucqwa9mddn7v03wwwsu9j330jj350nvhpky2tuaspk6nqc', /an address is/],
    ['nprofile1'.padEnd(6_000, 'q'), /too long/],
  ])('says what is wrong with %j', (text, reason) => {
    expect(messageOf(() => parseAddress(text), 'bad_address')).toMatch(reason);
  });

  it('writes the npub of a key', () => expect(formatNpub(pubkey)).toBe(npub));
});

describe('parseRelayUrl', () => {
  it('writes a URL in one way', () => {
    expect(parseRelayUrl('wss://Relay.Example/')).toBe('wss://relay.example');
    expect(parseRelayUrl(' ws://127.0.0.1:7777 ')).toBe('ws://127.0.0.1:7777');
    expect(parseRelayUrl('wss://relay.example/room#x')).toBe('wss://relay.example/room');
    expect(parseRelayUrl('wss://relay.example/?')).toBe('wss://relay.example');
  });

  it('takes what an address has room for, and nothing longer', () => {
    const url = `wss://relay.example/${'é'.repeat(39)}x`;
    expect(formatAddress({ pubkey, relays: [parseRelayUrl(url)] })).toMatch(/^nprofile1/);
    expect(parseRelayUrl(url)).toHaveLength(255);
    expect(messageOf(() => parseRelayUrl(`${url}y`), 'bad_relay_url')).toMatch(
      /255 characters, this one 256/,
    );
  });

  it.each(['relay.example', 'https://relay.example', ''])(
    'refuses %j and says what a relay looks like',
    (text) => {
      expect(messageOf(() => parseRelayUrl(text), 'bad_relay_url')).toMatch(/wss:\/\//);
    },
  );
});

function messageOf(run: () => unknown, code: string): string {
  try {
    run();
  } catch (error) {
    expect(error).toMatchObject({ code });
    return error instanceof Error ? error.message : '';
  }
  throw new Error('nothing was thrown');
}
