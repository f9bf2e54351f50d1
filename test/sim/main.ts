import { fork } from 'node:child_process';
import { once } from 'node:events';
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
async function work(take: () => [seed: number, runs: number] | undefined): Promise<string[]> {
  const child = fork(fileURLToPath(import.meta.url), ['--runs', '0'], {
    env: { ...process.env, SIM_WORKER: '1' },
  });
  const bad: string[] = [];
  try {
    for (let batch = take(); batch !== undefined; batch = take()) {
      child.send(batch);
      const [answer] = (await Promise.race([
        once(child, 'message'),
        once(child, 'exit').then(([code]) =>
          Promise.reject(new Error(`a worker ended with ${String(code)}`)),
        ),
      ])) as [string[]];
      for (const text of answer) console.error(text);
      bad.push(...answer);
    }
  } finally {
    child.kill();
  }
  return bad;
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
  const count = bad.flat().length;
  console.log(
    `${count} of ${runs} runs broke a promise, ${Math.round((performance.now() - since) / 1_000)} s`,
  );
  process.exitCode = count > 0 ? 1 : 0;
} else {
  process.on('message', ([seed, count]: [number, number]) => {
    process.send?.(sweep(seed, count).map(describe));
  });
}
