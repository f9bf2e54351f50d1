// `npm run test:orphans`: what a `serve` with 100 connections leaves behind, however it ends.
import { buildCli } from '../../packages/cli/bundle/build-cli.ts';
import { countOrphans } from '../helpers/orphans.ts';

const CONNECTIONS = 100;
await buildCli();
let hasFailed = false;
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2', 'SIGKILL'] as const) {
  const { running, left, watchdog, goneMs } = await countOrphans(CONNECTIONS, signal);
  const isGood = running === 2 * CONNECTIONS && left === 0 && watchdog.wasThere && !watchdog.isThere;
  hasFailed ||= !isGood;
  const line = `${signal}: ${running} processes ran for ${CONNECTIONS} connections, ${left} were left after ${(goneMs / 1_000).toFixed(1)} s`;
  process.stdout.write(`${line}${isGood ? '' : ` (failed: ${JSON.stringify(watchdog)})`}\n`);
}
process.exit(hasFailed ? 1 : 0);
