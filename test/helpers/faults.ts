/** Both ends of what a random time is drawn from, in milliseconds. */
interface RangeMs {
  readonly min: number;
  readonly max: number;
}

/** What goes wrong at a relay, and how often: from 0, never, to 1, at every message that it can befall. */
export interface Faults {
  /** An event does not reach its reader. */
  drop: number;
  /** An event that was published goes no further, although its publisher is told that it was taken. */
  swallow: number;
  /** A reader gets an event two or three times, the second at once or late, the third late. */
  repeat: number;
  /** A reader gets an event only when the next one has passed, or after a while. */
  reorder: number;
  /** The text of an event breaks off on its way to the reader. */
  truncate: number;
  /** A reader gets other content under the id of an event, and only then that event. */
  garbage: number;
  /** Publisher's or reader's connection ends without a goodbye after a message. */
  cut: number;
  /** A publisher does not hear what became of its event. */
  swallowOk: number;
  /** A publisher hears late what became of its event. */
  delayOk: number;
  /** An event is refused with `rate-limited:`. */
  rateLimited: number;
  /** What an ephemeral event, or EOSE, takes to its reader; events overtake each other where the ends differ. */
  delayMs: RangeMs;
  /** What makes a copy or an OK late. */
  lateMs: RangeMs;
}

/** A relay at which nothing goes wrong. */
export const noFaults: Readonly<Faults> = {
  drop: 0,
  swallow: 0,
  repeat: 0,
  reorder: 0,
  truncate: 0,
  garbage: 0,
  cut: 0,
  swallowOk: 0,
  delayOk: 0,
  rateLimited: 0,
  delayMs: { min: 0, max: 0 },
  lateMs: { min: 50, max: 400 },
};

/** What befalls an event on its way to one reader. */
export interface Delivery {
  readonly isDropped: boolean;
  readonly isTruncated: boolean;
  readonly isGarbled: boolean;
  readonly isHeldBack: boolean;
  readonly delayMs: number;
  /** When further copies come, counted from the first. */
  readonly copiesAfterMs: readonly number[];
  /** Where the damage is, from 0, at the beginning, to 1. */
  readonly damagedAt: number;
  readonly isCutAfter: boolean;
}

/** What befalls an event that is published, and the answer to it. */
export interface Publication {
  readonly isRateLimited: boolean;
  readonly isSwallowed: boolean;
  readonly isAnswered: boolean;
  readonly answerAfterMs: number;
  readonly isCutAfter: boolean;
}

/** What befalls any other message. */
export interface Passage {
  readonly delayMs: number;
  readonly isCutAfter: boolean;
}

// All numbers are drawn for every message, needed or not: what befalls the next one depends on the seed alone.

export function decideDelivery(faults: Faults, random: () => number): Delivery {
  const happens = (probability: number): boolean => random() < probability;
  const isRepeated = happens(faults.repeat);
  const isLate = happens(0.5);
  const isTriple = happens(0.5);
  const [second, third] = [within(faults.lateMs, random), within(faults.lateMs, random)];
  return {
    isDropped: happens(faults.drop),
    isTruncated: happens(faults.truncate),
    isGarbled: happens(faults.garbage),
    isHeldBack: happens(faults.reorder),
    delayMs: within(faults.delayMs, random),
    copiesAfterMs: isRepeated ? [isLate ? second : 0, ...(isTriple ? [third] : [])] : [],
    damagedAt: random(),
    isCutAfter: happens(faults.cut),
  };
}

export function decidePublication(faults: Faults, random: () => number): Publication {
  const happens = (probability: number): boolean => random() < probability;
  const isAnsweredLate = happens(faults.delayOk);
  const lateMs = within(faults.lateMs, random);
  return {
    isRateLimited: happens(faults.rateLimited),
    isSwallowed: happens(faults.swallow),
    isAnswered: !happens(faults.swallowOk),
    answerAfterMs: isAnsweredLate ? lateMs : 0,
    isCutAfter: happens(faults.cut),
  };
}

export function decidePassage(faults: Faults, random: () => number): Passage {
  return { delayMs: within(faults.delayMs, random), isCutAfter: random() < faults.cut };
}

function within({ min, max }: RangeMs, random: () => number): number {
  return min + random() * (max - min);
}
