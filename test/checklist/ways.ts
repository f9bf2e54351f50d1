import type { Leg } from '../helpers/legs.ts';

/** What lies between client and server. */
export interface Way {
  readonly name: string;
  /** Absent where there is no relay: the control, in which whatever fails is wrong itself. */
  readonly leg?: Leg;
  /** The relay goes away without a goodbye during each requirement, and comes back. */
  readonly isInterrupted?: boolean;
}

const encrypted = { encryption: 'required' } as const;

export const ways = {
  'in memory': { name: 'in memory' },
  'one relay': { name: 'one relay', leg: { ...encrypted, name: 'one relay', relayCount: 1 } },
  'two relays': { name: 'two relays', leg: { ...encrypted, name: 'two relays', relayCount: 2 } },
  'an unruly relay': {
    name: 'an unruly relay',
    leg: {
      ...encrypted,
      name: 'an unruly relay',
      relayCount: 1,
      faults: {
        reorder: 0.3,
        repeat: 0.3,
        delayMs: { min: 0, max: 20 },
        lateMs: { min: 5, max: 60 },
      },
    },
  },
  'a relay that comes and goes': {
    name: 'a relay that comes and goes',
    leg: { ...encrypted, name: 'a relay that comes and goes', relayCount: 1, faults: {} },
    isInterrupted: true,
  },
} as const satisfies Record<string, Way>;

export type WayName = keyof typeof ways;

export const relayWays: readonly WayName[] = [
  'one relay',
  'two relays',
  'an unruly relay',
  'a relay that comes and goes',
];

/** For what is about time: an interruption takes some. */
export const steadyWays: readonly WayName[] = ['in memory', 'one relay', 'two relays', 'an unruly relay'];

/** Ways on which nothing is held up: for what measures time. */
export const quickWays: readonly WayName[] = ['in memory', 'one relay'];
