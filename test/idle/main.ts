import { parseArgs } from 'node:util';

import { writePage } from '../bench/page.ts';
import { describeMachine, today } from '../bench/report.ts';
import { formatReport, missedBars } from './report.ts';
import { runIdle } from './run.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    'restart-seconds': { type: 'string', default: '180' },
    'sample-seconds': { type: 'string', default: '10' },
    folder: { type: 'string' },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));

const plan = {
  minutes: Number(values.minutes),
  restartSeconds: Number(values['restart-seconds']),
  sampleSeconds: Number(values['sample-seconds']),
  folder: values.folder,
};
const report = await runIdle(plan, (line) =>
  console.error(`${new Date().toISOString().slice(11, 19)} ${line}`),
);
const text = `\`npm run test:idle\`, ${today()}, ${describeMachine()}:\n\n${formatReport(report)}`;
console.log(values.json ? JSON.stringify(report, undefined, 2) : text);
const missed = missedBars(report);
for (const line of missed) console.error(`below the bar: ${line}`);
if (values.write && missed.length === 0) writePage('idle', text);
process.exit(missed.length > 0 ? 1 : 0);
