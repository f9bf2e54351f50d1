/** What one peer reached in one round. */
export interface Measurement {
  /** Median of the sequential calls. */
  roundTripMs: number;
  /** With many calls in flight. */
  callsPerSecond: number;
}

/** @throws {RangeError} for no values, which have no median */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (lower === undefined || upper === undefined) throw new RangeError('no values');
  return (lower + upper) / 2;
}

/** Each figure's own median over the rounds. */
export function medianOf(rounds: readonly Measurement[]): Measurement {
  return {
    roundTripMs: roundTo(median(rounds.map(({ roundTripMs }) => roundTripMs)), 2),
    callsPerSecond: roundTo(median(rounds.map(({ callsPerSecond }) => callsPerSecond)), 0),
  };
}

export function roundTo(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
