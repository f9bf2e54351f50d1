import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { buildCli } from '../../packages/cli/bundle/build-cli.ts';
import { writePage } from './page.ts';
import { killAll, measurePart } from './part.ts';
import { callsPart } from './part-calls.ts';
import { eventsPart } from './part-events.ts';
import { largePart } from './part-large.ts';
import { mixedPart } from './part-mixed.ts';
import { startupPart } from './part-startup.ts';
import { throughputPart } from './part-throughput.ts';
import { formatJson, formatMarkdown, formatText, missedBars, type Outcomes } from './report.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What ships is measured: the packages are built, the children run the built files. */
async function build(): Promise<void> {
  const projects = ['packages/client', 'packages/server', 'relay'];
  execFileSync('node_modules/.bin/tsc', ['-b', ...projects], { cwd: root, stdio: ['ignore', 2, 2] });
  await buildCli();
}

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));
process.on('exit', killAll);
await build();
const outcomes: Outcomes = {
  calls: await measurePart(callsPart),
  events: await measurePart(eventsPart),
  large: await measurePart(largePart),
  throughput: await measurePart(throughputPart),
  startup: await measurePart(startupPart),
  mixed: await measurePart(mixedPart),
};
console.log(values.json ? formatJson(outcomes) : formatText(outcomes));
const isWhole = Object.values(outcomes).every(({ result }) => result !== undefined);
if (values.write && isWhole) writePage('bench', formatMarkdown(outcomes));
else if (values.write)
  console.error('docs/benchmarks.md is left as it was: not everything could be measured');
const missed = missedBars(outcomes);
for (const line of missed) console.error(`below the bar: ${line}`);
if (missed.length > 0) process.exitCode = 1;
