import { readFileSync } from 'node:fs';

import { median } from '../bench/stats.ts';

/** What one process holds at one time. */
export interface Sample {
  /** Since its start. */
  seconds: number;
  rssBytes: number;
  /** In use after a garbage collection. */
  heapBytes: number;
  openFiles: number;
  timers: number;
  /** Spent since its start. */
  cpuSeconds: number;
}

const figures = ['rssBytes', 'heapBytes', 'openFiles', 'timers'] as const;
type Figure = (typeof figures)[number];

/** The medians of the beginning and of the end, so that the moment of a restart does not decide. */
export interface Course {
  begin: Record<Figure, number>;
  end: Record<Figure, number>;
  cpuSeconds: number;
  samples: number;
}

/**
 * How much more there may be at the end. A leak of one timer, one listener or one socket for each restart of the
 * relay is beyond it; what V8 and the allocator do by themselves is not.
 */
const allowedGrowth: Record<Figure, number> = {
  rssBytes: 16e6,
  heapBytes: 1e6,
  openFiles: 2,
  timers: 4,
};

export function readSamples(file: string): Sample[] {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Sample);
}

/** The first tenth is the start and counts as nothing; then a quarter against the last quarter. */
export function courseOf(samples: readonly Sample[]): Course {
  const settled = samples.slice(Math.floor(samples.length / 10));
  const quarter = Math.ceil(settled.length / 4);
  const middle = (part: readonly Sample[]): Record<Figure, number> => ({
    rssBytes: median(part.map(({ rssBytes }) => rssBytes)),
    heapBytes: median(part.map(({ heapBytes }) => heapBytes)),
    openFiles: median(part.map(({ openFiles }) => openFiles)),
    timers: median(part.map(({ timers }) => timers)),
  });
  return {
    begin: middle(settled.slice(0, quarter)),
    end: middle(settled.slice(-quarter)),
    cpuSeconds: samples.at(-1)?.cpuSeconds ?? 0,
    samples: samples.length,
  };
}

/** One line for each figure that has grown. */
export function growthOf(name: string, { begin, end }: Course): string[] {
  return figures
    .filter((figure) => end[figure] - begin[figure] > allowedGrowth[figure])
    .map((figure) => `${name}: ${figure} has grown from ${begin[figure]} to ${end[figure]}`);
}
