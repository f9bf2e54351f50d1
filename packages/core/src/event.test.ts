import { describe, expect, it } from 'vitest';

import { eventId, parseEvent, signEvent, verifyEvent } from './event.ts';
import { frameBytesFor, limits } from './limits.ts';
import { paddedLength } from './nip44.ts';
import { generateSecretKey, getPublicKey } from './schnorr.ts';

const key = generateSecretKey();
const event = signEvent({ kind: 1, created_at: 1_700_000_000, tags: [['p', 'x']], content: 'ü\n"\\' }, key);

describe('events', () => {
  it('have the id that NIP-01 says', () => {
    // The example of a note by hand: sha256 over the serialised array.
    expect(
      eventId({
        pubkey: '6e468422dfb74a5738702a8823b9b28168abab8655faacb6853cd0ee15deee93',
        created_at: 1_673_347_337,
        kind: 1,
        tags: [
          ['e', '3da979448d9ba263864c4d6f14984c423a3838364ec255f03c7904b1ae77f206'],
          ['p', 'bf2376e17ba4ec269d10fcc996a4746b451152be9031fa48e74553dde5526bce'],
        ],
        content:
          'Walled gardens became prisons, and nostr is the first step towards tearing down the prison walls.',
      }),
    ).toBe('4376c65d2f232afbe9b882a35baa4f6fe8667c4e684749af565f981833ed6a65');
  });

  it('are signed by their author, and a change of anything is noticed', () => {
    expect(event.pubkey).toBe(getPublicKey(key));
    expect(verifyEvent(event)).toBe(true);
    for (const change of [
      { content: 'x' },
      { kind: 2 },
      { created_at: 1 },
      { tags: [] },
      { pubkey: getPublicKey(generateSecretKey()) },
      { sig: event.sig.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) },
      { id: '0'.repeat(64) },
    ]) {
      expect(verifyEvent({ ...event, ...change })).toBe(false);
    }
  });

  it.each([
    [null, /no object/],
    [[], /no object/],
    [{ ...event, id: event.id.toUpperCase() }, /id is not/],
    [{ ...event, pubkey: 'ff' }, /pubkey is not/],
    [{ ...event, created_at: '1' }, /created_at/],
    [{ ...event, created_at: 1.5 }, /created_at/],
    [{ ...event, kind: 70_000 }, /kind/],
    [{ ...event, tags: [['p', null]] }, /tags/],
    [{ ...event, tags: 'p' }, /tags/],
    [{ ...event, content: undefined }, /content/],
    [{ ...event, sig: '00' }, /sig/],
  ])('are refused when malformed: %#', (value, reason) => {
    expect(() => parseEvent(value)).toThrow(reason);
    expect(() => parseEvent(value)).toThrow(expect.objectContaining({ code: 'bad_event' }));
  });

  it('lose what is not theirs', () => {
    expect(parseEvent({ ...event, extra: 1 })).toEqual(event);
  });
});

describe('frameBytesFor', () => {
  it('is the default where a relay says nothing', () =>
    expect(frameBytesFor(undefined)).toBe(limits.defaultFrameBytes));

  it.each([4_000, 16_384, 65_536, 70_000, 131_072, 524_288])(
    'fits into a message of %i bytes',
    (maxBytes) => {
      const plaintextBytes = frameBytesFor(maxBytes);
      const payloadBytes = Math.ceil((paddedLength(plaintextBytes) + 67) / 3) * 4;
      expect(payloadBytes + 512).toBeLessThanOrEqual(maxBytes);
      expect(plaintextBytes).toBeLessThanOrEqual(limits.maxPlaintextBytes);
    },
  );

  it('leaves the default within 64 KiB', () =>
    expect(frameBytesFor(65_536)).toBeGreaterThanOrEqual(limits.defaultFrameBytes));
});
