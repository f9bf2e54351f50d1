import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { type ProcessOptions, Program } from '../processes.ts';
import type { Revision } from '../plan.ts';
import { type Check, parseChecks, type Results, scenarioOf } from './checks.ts';
import type { Suite } from './install.ts';

/** For all scenarios of a server, of which each has 30 s at most and needs a fraction of a second. */
const LIMIT_MS = 240_000;

export interface SuiteRun {
  suite: Suite;
  revision: Revision;
  /** Where the suite writes. */
  folder: string;
}

/** What the suite requires of a revision, as it prints it. */
export async function listRequirements(
  { words: [node, ...script] }: Suite,
  revision: Revision,
): Promise<string> {
  const { exitCode, stdout, stderr } = await new Program(node, [
    ...script,
    'list',
    '--requirements',
    revision,
  ]).ended;
  if (exitCode !== 0) throw new Error(`the suite ended with ${exitCode}: ${stderr}`);
  return stdout;
}

/** All scenarios of a server, one after the other. */
export async function testServer(url: string, { suite, revision, folder }: SuiteRun): Promise<Results> {
  const [node, ...script] = suite.words;
  const words = [...script, 'server', '--url', url, '--requirements', revision, '-o', folder];
  await mkdir(folder, { recursive: true });
  const { stdout, stderr } = await new Program(node, words, { limitMs: LIMIT_MS }).ended; // its exit code says what the checks say
  const results = await readResults(folder);
  if (results.size === 0) throw new Error(`the suite has tested nothing: ${stdout}${stderr}`);
  return results;
}

/** One of them. */
export async function testServerScenario(
  url: string,
  scenario: string,
  { suite, revision, folder }: SuiteRun,
): Promise<readonly Check[]> {
  const [node, ...script] = suite.words;
  const words = [...script, 'server', '--url', url, '--scenario', scenario, '--spec-version', revision];
  await mkdir(folder, { recursive: true });
  await new Program(node, [...words, '-o', folder], { limitMs: LIMIT_MS }).ended;
  return (await readResults(folder)).get(scenario) ?? [];
}

/** One scenario of a client, which the suite starts with `command`. */
export async function testClient(
  command: string,
  scenario: string,
  { suite, revision, folder }: SuiteRun,
  options: ProcessOptions,
): Promise<readonly Check[]> {
  const [node, ...script] = suite.words;
  const words = [...script, 'client', '--command', command, '--scenario', scenario];
  await mkdir(folder, { recursive: true });
  const run = new Program(node, [...words, '--spec-version', revision, '-o', folder], {
    ...options,
    limitMs: LIMIT_MS,
  });
  const { exitCode, stderr } = await run.ended;
  const checks = (await readResults(folder)).get(scenario) ?? [];
  const saysWhy = checks.some(({ status }) => status === 'FAILURE' || status === 'WARNING');
  if (exitCode === 0 || saysWhy) return checks;
  const reason = `the client failed: ${stderr.split('Stderr:').at(-1)?.trim().slice(0, 600)}`;
  return [...checks, { id: 'client', name: '', status: 'FAILURE', description: '', errorMessage: reason }];
}

async function readResults(folder: string): Promise<Results> {
  const results = new Map<string, readonly Check[]>();
  for (const name of await readdir(folder)) {
    const scenario = scenarioOf(name);
    if (scenario === undefined) continue;
    results.set(scenario, parseChecks(await readFile(join(folder, name, 'checks.json'), 'utf8')));
  }
  return results;
}
