export type Fault =
  | { type: 'relays down'; atMs: number; relays: readonly number[]; downMs: number }
  | { type: 'server down'; atMs: number; downMs: number }
  | { type: 'cut'; atMs: number; share: number };

export interface PlanOptions {
  durationMs: number;
  relayCount: number;
  killsServer: boolean;
  random: () => number;
}

/** The faults of one phase, in the order of their times: the same for the same random numbers. */
export function planFaults({ durationMs, relayCount, killsServer, random }: PlanOptions): Fault[] {
  const between = (min: number, max: number): number => Math.round(min + random() * (max - min));
  const faults: Fault[] = [];

  // However short the phase, the first or the second outage takes all relays.
  const allDownIndex = killsServer ? 1 : 0;
  let outages = 0;
  for (let atMs = between(500, 1_500); atMs < durationMs; atMs += between(1_000, 3_000)) {
    const takesAll = outages === allDownIndex || random() < 0.2;
    const downMs = takesAll ? between(2_000, 5_000) : between(200, 2_500);
    const one = Math.floor(random() * relayCount);
    const relays = takesAll ? Array.from({ length: relayCount }, (_, index) => index) : [one];
    faults.push({ type: 'relays down', atMs, relays, downMs });
    outages++;
    atMs += downMs;
  }

  // The first comes before any outage, so that there is something to cut.
  for (let atMs = between(300, 450); atMs < durationMs; atMs += between(400, 2_000)) {
    // A few connections now and then, sometimes everybody's at once.
    faults.push({ type: 'cut', atMs, share: random() < 0.15 ? 1 : 0.05 + random() * 0.4 });
  }

  if (killsServer) {
    const firstMs = Math.min(between(6_000, 10_000), between(durationMs * 0.2, durationMs * 0.5));
    for (let atMs = firstMs; atMs < durationMs; atMs += between(6_000, 10_000)) {
      faults.push({ type: 'server down', atMs, downMs: random() < 0.3 ? 0 : between(100, 1_500) });
    }
  }
  return faults.sort((a, b) => a.atMs - b.atMs);
}
