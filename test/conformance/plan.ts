/** What is run: every combination of these is one leg. */

export type Side = 'server' | 'client';
export type Revision = '2025-11-25' | '2026-07-28';
export type Sdk = '1.x' | '2.x';
/** The control is plain Streamable HTTP. */
export type Way = 'HTTP' | 'one relay' | 'two relays' | 'bad relay';

export interface Leg {
  readonly side: Side;
  readonly revision: Revision;
  readonly sdk: Sdk;
  readonly way: Way;
}

export const CONTROL = 'HTTP' satisfies Way;
const ways: readonly Way[] = [CONTROL, 'one relay', 'two relays', 'bad relay'];

/**
 * How often a scenario may be run until it is clean. A few give a stream no more than 500 ms to 1.5 s. A request that
 * is lost at a bad relay is missed when its acknowledgement is overdue, after 500 ms and a round trip: one in five runs
 * of the scenario with most of such limits is too slow then.
 */
export const maxTries: Readonly<Record<Way, number>> = {
  HTTP: 1,
  'one relay': 1,
  'two relays': 1,
  'bad relay': 4,
};

/** What the control must reach: less would show a fault of our fixtures, and make the comparison worthless. */
interface Bar {
  readonly scenarios: number;
  /** Successful ones. What a client does decides how many checks its scenarios make: there they are not counted. */
  readonly checks?: number;
}

export const bars: Readonly<Record<Side, Readonly<Record<Revision, Bar>>>> = {
  server: {
    '2025-11-25': { scenarios: 30, checks: 70 },
    '2026-07-28': { scenarios: 37, checks: 120 },
  },
  client: { '2025-11-25': { scenarios: 4 }, '2026-07-28': { scenarios: 7 } },
};

/** SDK 1.x knows only the older revision. */
const pairs: readonly Pick<Leg, 'revision' | 'sdk'>[] = [
  { revision: '2025-11-25', sdk: '1.x' },
  { revision: '2025-11-25', sdk: '2.x' },
  { revision: '2026-07-28', sdk: '2.x' },
];

export const legs: readonly Leg[] = (['server', 'client'] as const).flatMap((side) =>
  pairs.flatMap((pair) => ways.map((way) => ({ side, ...pair, way }))),
);

export function describeLeg({ side, revision, sdk, way }: Leg): string {
  return `${side} ${revision}, SDK ${sdk}, ${way}`;
}

/** The same over plain HTTP. */
export function isControlOf(control: Leg, leg: Leg): boolean {
  const { side, revision, sdk, way } = control;
  return way === CONTROL && side === leg.side && revision === leg.revision && sdk === leg.sdk;
}
