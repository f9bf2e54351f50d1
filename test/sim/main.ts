import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { bundle } from '../chaos/bundle.ts';

const BATCH = 250;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '2000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  },
});
const runs = Number(values.runs);
const firstSeed = Number(values.seed);

/** A child runs batch after batch until there are none. Resolves with the number of runs that broke a promise. */
function work(file: string, take: () => [seed: number, runs: number] | undefined): Promise<number> {
  const child = fork(file, { execArgv: [] });
  return new Promise((resolve, reject) => {
    let bad = 0;
    const next = (): void => {
      const batch = take();
      if (batch !== undefined) return void child.send(batch);
      resolve(bad);
      child.kill();
    };
    child.on('message', (texts: string[]) => {
      for (const text of texts) console.error(text);
      bad += texts.length;
      next();
    });
    child.once('exit', (code) => reject(new Error(`a worker ended with ${code}`)));
    next();
  });
}

const folder = mkdtempSync(join(tmpdir(), 'simulation-'));
try {
  await bundle([fileURLToPath(new URL('./worker-process.ts', import.meta.url))], folder);
  console.log(`${runs} runs from seed ${firstSeed}`);
  const since = performance.now();
  let done = 0;
  const take = (): [number, number] | undefined => {
    if (done >= runs) return undefined;
    const batch: [number, number] = [firstSeed + done, Math.min(BATCH, runs - done)];
    done += BATCH;
    return batch;
  };
  const workers = Array.from({ length: availableParallelism() }, () =>
    work(join(folder, 'worker-process.mjs'), take),
  );
  const bad = (await Promise.all(workers)).reduce((sum, each) => sum + each, 0);
  const seconds = Math.round((performance.now() - since) / 1_000);
  console.log(`${bad} of ${runs} runs broke a promise, ${seconds} s`);
  process.exitCode = bad > 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
