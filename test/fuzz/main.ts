import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { bundle } from '../chaos/bundle.ts';
import { describe, plan, type Shift } from './plan.ts';
import type { Failure } from './shift.ts';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    /** Only this one. */
    target: { type: 'string' },
    /** Only this one, by itself. */
    case: { type: 'string' },
  },
});
const seed = Number(values.seed);
const shifts = plan({
  seed,
  cases: values.case === undefined ? Number(values.cases) : 1,
  target: values.target,
  from: values.case === undefined ? undefined : Number(values.case),
});

/** A child works shift after shift until there are none. Resolves with what it found. */
function work(file: string): Promise<Failure[]> {
  const child = fork(file, { execArgv: [] });
  const found: Failure[] = [];
  let shift: Shift | undefined;
  return new Promise((resolve, reject) => {
    const next = (): void => {
      shift = shifts.shift();
      if (shift !== undefined) return void child.send(shift);
      resolve(found);
      child.kill();
    };
    child.on('message', (failure: Failure | null) => {
      if (failure !== null) {
        console.error(describe(failure));
        found.push(failure);
      }
      next();
    });
    child.on('error', reject);
    child.once('exit', (code) => {
      const what = JSON.stringify(shift);
      reject(new Error(`a worker ended with ${code} over ${what}: something was thrown out of a handler`));
    });
    next();
  });
}

const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
try {
  await bundle([fileURLToPath(new URL('./worker-process.ts', import.meta.url))], folder);
  const cases = shifts.reduce((sum, shift) => sum + shift.cases, 0);
  console.log(`${cases} cases from seed ${seed}`);
  const since = performance.now();
  const workers = Array.from({ length: availableParallelism() }, () =>
    work(join(folder, 'worker-process.mjs')),
  );
  const failures = (await Promise.all(workers)).flat();
  const seconds = Math.round((performance.now() - since) / 1_000);
  console.log(`${cases} cases, ${failures.length} broke a promise, ${seconds} s`);
  process.exitCode = failures.length > 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
