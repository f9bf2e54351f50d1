import type { ItemId } from './items.ts';
import type { PairName } from './pairs.ts';
import type { Bare, Stage } from './stage.ts';
import type { WayName } from './ways.ts';

export type Era = 'legacy' | 'modern';

/** A test in another file that proves the same. */
export interface Proof {
  /** From the root of the repository. */
  readonly file: string;
  /** The name of the test, as it is written there. */
  readonly test: string;
}

interface Claim {
  readonly id: string;
  /** The line of the checklist that it belongs to. */
  readonly item: ItemId;
  readonly text: string;
  readonly era: Era | 'both';
  /** Links to the sentences that oblige us, or to what goes wrong without. */
  readonly cites: readonly string[];
}

/** Checked with an SDK at both ends, over every way and with every pair that is not left out here. */
export interface CheckedWithSdks extends Claim {
  readonly run: (stage: Stage) => Promise<void>;
  readonly ways?: readonly WayName[];
  readonly pairs?: readonly PairName[];
}

/** Checked once per way, with ends of its own: bare transports, or what it puts there. */
export interface CheckedBare extends Claim {
  readonly runBare: (bare: Bare) => Promise<void>;
  readonly ways?: readonly WayName[];
}

/** Checked elsewhere. */
export interface CheckedElsewhere extends Claim {
  readonly provenBy: readonly Proof[];
}

/** What a transport must not break, or must do, and how it is checked. */
export type Requirement = CheckedWithSdks | CheckedBare | CheckedElsewhere;
