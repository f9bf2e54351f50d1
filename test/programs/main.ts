import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { bundleCli } from '../../packages/cli/bundle/bundle-cli.ts';
import { killAll, Program } from '../conformance/processes.ts';
import { behind } from './behind.ts';
import type { Check } from './check.ts';
import { hosts } from './hosts.ts';
import { inFront } from './in-front.ts';
import { installTheirs, versions } from './install.ts';
import { environment, readyAddress, said, Scene, type Stage } from './scene.ts';
import { sdkClients } from './sdk-clients.ts';
import { servers } from './servers.ts';

/** They start up to five programs one behind the other, on a machine with other work to do. */
const CHECK_TIMEOUT_MS = 120_000;
const checks: readonly Check[] = [...sdkClients, ...inFront, ...behind, ...servers, ...hosts];

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
const folder = mkdtempSync(join(tmpdir(), 'mcp-nostr-programs-'));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));
process.on('exit', () => {
  killAll();
  rmSync(folder, { recursive: true, force: true });
});

const theirs = await installTheirs((line) => console.error(line));
const stage = await openStage();
const chosen = checks.filter(({ name }) => name.includes(values.only));
let failures = 0;
for (const check of chosen) {
  const started = performance.now();
  const reason = await attempt(check);
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  console.log(`${reason === undefined ? 'ok    ' : 'FAILED'}  ${seconds.padStart(5)} s  ${check.name}`);
  if (reason === undefined) continue;
  failures += 1;
  console.log(reason.replace(/^/gm, '        '));
}
const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
console.log(`\n${chosen.length - failures} of ${chosen.length}, with ${packages.join(', ')}`);
process.exit(failures === 0 && chosen.length > 0 ? 0 : 1);

/** A relay and a server, by the program as it ships. */
async function openStage(): Promise<Stage> {
  // A copy of its own: the workspace may be built anew meanwhile.
  const cli = join(folder, 'mcp-nostr.js');
  await writeFile(cli, (await bundleCli()).script);
  const start = (...args: string[]): Program =>
    new Program(process.execPath, [cli, ...args], { folder, env: environment(folder) });
  const ready = await said(start('relay', '--port', '0', '--json'), ({ event }) => event === 'ready');
  const relayUrl = String(ready['url']);
  const words = [
    'serve',
    '--public',
    '--json',
    '--relay',
    relayUrl,
    '--',
    process.execPath,
    theirs.everything,
  ];
  return { cli, theirs, folder, relayUrl, everything: await readyAddress(start(...words)) };
}

/** Why it failed; nothing when it did not. */
async function attempt({ run }: Check): Promise<string | undefined> {
  const scene = new Scene(stage);
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(`not done after ${CHECK_TIMEOUT_MS} ms`)), CHECK_TIMEOUT_MS).unref();
  });
  try {
    await Promise.race([run(scene), late]);
    return undefined;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  } finally {
    await scene.close();
  }
}
