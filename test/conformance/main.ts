import { parseArgs } from 'node:util';

import { newSeed } from '../helpers/random.ts';
import { writePage } from './page.ts';
import { isControlOf, type Leg, legs } from './plan.ts';
import { killAll } from './processes.ts';
import { formatMarkdown, formatText, shortfalls } from './report.ts';
import { runLegs } from './run.ts';
import { describeVersions } from './versions.ts';
import { openWorkshop } from './workshop.ts';

const { values } = parseArgs({
  options: {
    /** Those whose description has all these words, as in `--leg server --leg "one relay"`; with their controls. */
    leg: { type: 'string', multiple: true, default: [] },
    revision: { type: 'string' },
    seed: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});

const wanted = legs.filter(({ side, revision, sdk, way }) => {
  const words: string[] = [side, revision, sdk, way];
  const isOfRevision = values.revision === undefined || values.revision === revision;
  return isOfRevision && values.leg.every((word) => words.includes(word));
});
const chosen: Leg[] = legs.filter((leg) => wanted.some((each) => each === leg || isControlOf(leg, each)));
if (chosen.length === 0)
  throw new RangeError(`no leg is called ${values.leg.join(', ')} ${values.revision ?? ''}`);
const seed = values.seed === undefined ? newSeed() : Number(values.seed);

/** What makes the same table again. */
function describeRun(): string {
  const today = new Date().toISOString().slice(0, 10);
  return `\`npm run conformance -- --write --seed ${seed}\`, ${today}, Node ${process.version.slice(1)}, ${describeVersions()}`;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));
process.on('exit', killAll);
const tell = (line: string): void => console.error(line);
const workshop = await openWorkshop(seed, tell);
process.on('exit', () => workshop.clear());
tell(`seed ${seed}`);
const all = await runLegs(chosen, workshop, tell);
console.log(`${formatText(all)}\n\n${describeVersions()}`);
const short = shortfalls(all);
for (const line of short) console.error(`short: ${line}`);
if (values.write && chosen.length === legs.length) writePage(`${describeRun()}:\n\n${formatMarkdown(all)}`);
else if (values.write) console.error('docs/conformance.md is left as it was: not every leg was run');
process.exit(short.length > 0 ? 1 : 0);
