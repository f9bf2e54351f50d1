import { parseArgs } from 'node:util';

import { writePage } from '../bench/page.ts';
import { describeMachine, today } from '../bench/report.ts';
import { formatReport, missedBars } from './report.ts';
import { runLoad } from './run.ts';

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '1000' },
    processes: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '60' },
    every: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));

const plan = {
  clients: Number(values.clients),
  processes: Number(values.processes),
  seconds: Number(values.seconds),
  everySeconds: Number(values.every),
};
const report = await runLoad(plan, (line) => console.error(line));
const text = `\`npm run test:load\`, ${today()}, ${describeMachine()}:\n\n${formatReport(report)}`;
console.log(values.json ? JSON.stringify(report) : text);
const missed = missedBars(report);
for (const line of missed) console.error(`below the bar: ${line}`);
if (values.write && missed.length === 0) writePage('load', text);
process.exit(missed.length > 0 ? 1 : 0);
