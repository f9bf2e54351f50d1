import { createHook } from 'node:async_hooks';
import { appendFileSync, readdirSync } from 'node:fs';

import type { Sample } from './samples.ts';

/** Preloaded into a process that is watched: it writes down what the process holds, every so often. */
const { IDLE_SAMPLES: file, IDLE_SAMPLE_MS: sampleMs } = process.env;
if (file === undefined || sampleMs === undefined) throw new Error('it was not said where to write samples');

const timers = new Set<number>();
createHook({
  init: (id, type) => void (type === 'Timeout' && timers.add(id)),
  destroy: (id) => void timers.delete(id),
}).enable();

const started = performance.now();
setInterval(() => {
  // What is garbage is not to count as growth.
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  const sample: Sample = {
    seconds: (performance.now() - started) / 1_000,
    rssBytes: rss,
    heapBytes: heapUsed,
    openFiles: process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0,
    timers: timers.size,
    cpuSeconds: process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6,
  };
  appendFileSync(file, `${JSON.stringify(sample)}\n`);
}, Number(sampleMs)).unref();
