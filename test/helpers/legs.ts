import type { Encryption } from '@mcp-nostr/transport';

import type { Faults } from './faults.ts';

/** One of the ways in which the same behaviour must come about. */
export interface Leg {
  readonly name: string;
  readonly encryption: Extract<Encryption, 'required' | 'none'>;
  readonly relayCount: number;
  /** What goes wrong at its relays; absent where they are honest. */
  readonly faults?: Partial<Faults>;
}

/** Those whose relays are honest. */
export const legs: readonly Leg[] = [
  { name: 'encrypted, one relay', encryption: 'required', relayCount: 1 },
  { name: 'encrypted, two relays', encryption: 'required', relayCount: 2 },
  { name: 'plain, one relay', encryption: 'none', relayCount: 1 },
  { name: 'plain, two relays', encryption: 'none', relayCount: 2 },
];

/** Honest legs of one relay, for what does not depend on their number. */
export const oneRelayLegs: readonly Leg[] = legs.filter(({ relayCount }) => relayCount === 1);

/** Far worse than any relay in use, and all of it at once. */
const faults: Partial<Faults> = {
  drop: 0.05,
  swallow: 0.05,
  repeat: 0.1,
  garbage: 0.02,
  truncate: 0.01,
  cut: 0.003,
  swallowOk: 0.02,
  delayOk: 0.05,
  rateLimited: 0.01,
  delayMs: { min: 0, max: 30 },
};

const faultyLeg: Leg = {
  name: 'encrypted, faulty relay',
  encryption: 'required',
  relayCount: 1,
  faults,
};

/** The legs on which everything must come about all the same. */
export const faultyLegs: readonly Leg[] = [
  faultyLeg,
  { ...faultyLeg, name: 'encrypted, two faulty relays', relayCount: 2 },
  { ...faultyLeg, name: 'plain, faulty relay', encryption: 'none' },
];

export const allLegs: readonly Leg[] = [...legs, ...faultyLegs];
export const twoRelayLegs: readonly Leg[] = allLegs.filter(({ relayCount }) => relayCount === 2);
