/** @throws {RangeError} for no values, which have no median */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (lower === undefined || upper === undefined) throw new RangeError('no values');
  return (lower + upper) / 2;
}

/** The median of one figure over the rounds. */
export function medianOf<Round>(
  rounds: readonly Round[],
  figure: (round: Round) => number,
  digits: number,
): number {
  return roundTo(median(rounds.map(figure)), digits);
}

export function roundTo(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
