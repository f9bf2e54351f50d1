import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { describe, sweep } from './sweep.ts';

const BATCH = 250;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '2000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  },
});
const runs = Number(values.runs);
const firstSeed = Number(values.seed);

/** A child runs batch after batch until there are none. */
function work(take: () => [seed: number, runs: number] | undefined): Promise<number> {
  const child = fork(fileURLToPath(import.meta.url), { env: { ...process.env, SIM_WORKER: '1' } });
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

if (process.env['SIM_WORKER'] === undefined) {
  console.log(`${runs} runs from seed ${firstSeed}`);
  const since = performance.now();
  let next = 0;
  const take = (): [number, number] | undefined => {
    if (next >= runs) return undefined;
    const batch: [number, number] = [firstSeed + next, Math.min(BATCH, runs - next)];
    next += BATCH;
    return batch;
  };
  const bad = await Promise.all(Array.from({ length: availableParallelism() }, () => work(take)));
  const count = bad.reduce((sum, each) => sum + each, 0);
  console.log(
    `${count} of ${runs} runs broke a promise, ${Math.round((performance.now() - since) / 1_000)} s`,
  );
  process.exitCode = count > 0 ? 1 : 0;
} else {
  process.on('message', ([seed, count]: [number, number]) => {
    process.send?.(sweep(seed, count).map(describe));
  });
}
