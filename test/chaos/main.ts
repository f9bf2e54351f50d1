import { parseArgs } from 'node:util';

import { newSeed } from '../helpers/random.ts';
import { formatReport } from './report.ts';
import { runChaos } from './run.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '120' },
    seed: { type: 'string' },
    json: { type: 'boolean', default: false },
    calm: { type: 'boolean', default: false },
    'large-bytes': { type: 'string', default: '200000' },
  },
});

function wholeNumber(option: string, text: string, min: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= min) return value;
  throw new RangeError(`--${option} is ${text}; give it a whole number from ${min} on`);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));
const seed = values.seed === undefined ? newSeed() : wholeNumber('seed', values.seed, 0);
console.error(`seed ${seed}`);
const report = await runChaos({
  seed,
  seconds: wholeNumber('seconds', values.seconds, 1),
  isCalm: values.calm,
  largeAnswerBytes: 2 * Math.round(wholeNumber('large-bytes', values['large-bytes'], 2) / 2),
  onprogress: (line) => console.error(line),
});
console.log(values.json ? JSON.stringify(report, undefined, 2) : formatReport(report));
if (report.violations.length > 0) process.exitCode = 1;
