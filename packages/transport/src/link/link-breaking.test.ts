import { describe, expect, it } from 'vitest';

import { linkLimits } from './limits.ts';
import { call, type Packet, Pair } from './pair.test.support.ts';

const large = call(1, 'x'.repeat(20_000));
const isLarge = ({ frame }: Packet): boolean => frame.content.length > linkLimits.harmlessContentBytes;

/** What becomes of the attempts to send a large frame, from the first on. */
function sending(fateOf: (attempt: number) => 'breaks' | 'taken' | 'arrives'): {
  pair: Pair;
  attempts: number;
} {
  const pair = new Pair().open();
  let attempts = 0;
  pair.outcome = (packet) => (isLarge(packet) && fateOf(++attempts) === 'breaks' ? 'lost' : 'accepted');
  pair.fate = (packet) => (isLarge(packet) && fateOf(attempts) === 'taken' ? 'drop' : 'deliver');
  pair.client.link.send(large);
  pair.run(120_000);
  return { pair, attempts };
}

describe('a frame under which the way breaks', () => {
  it('is too large for the relays when that has come about six times', () => {
    const { pair, attempts } = sending(() => 'breaks');
    expect(attempts).toBe(linkLimits.maxFrameLosses);
    expect(pair.client.ends).toMatchObject([
      { code: 'refused', reason: expect.stringContaining('the relays go away over a frame') },
    ]);
  });

  it('is sent on where a relay has taken it in between', () => {
    const { pair } = sending((attempt) => (attempt === 6 ? 'taken' : attempt < 12 ? 'breaks' : 'arrives'));
    expect(pair.client.ends).toEqual([]);
    expect(pair.server.texts).toEqual([large.text]);
  });
});
