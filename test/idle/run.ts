import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

import { bundleCli } from '../../packages/cli/bundle/bundle-cli.ts';
import { bundle } from '../chaos/bundle.ts';
import { CliRun } from '../helpers/cli.ts';
import { freePort } from '../helpers/free-ports.ts';
import { type Course, courseOf, readSamples } from './samples.ts';

export interface Plan {
  minutes: number;
  /** From one restart of the relay to the next. */
  restartSeconds: number;
  sampleSeconds: number;
  /** Where the samples are kept. @default nowhere */
  folder?: string | undefined;
}

export interface Report {
  plan: Plan;
  restarts: number;
  /** Of the host that asks once after each restart: how long each answer took, in seconds. */
  answersSeconds: number[];
  /** Of the host that was silent all the time: its only call, at the end. */
  lastAnswerSeconds: number;
  courses: Record<Watched, Course>;
}

const watched = ['silent host', 'asking host', 'serve'] as const;
type Watched = (typeof watched)[number];

/** A relay that is back is found after half a minute at most. */
const CALL_TIMEOUT_MS = 90_000;
/** A moment, and longer than anybody's patience with a connection: they take turns. */
const downMs = [1_000, 45_000] as const;

const everything = join(
  createRequire(import.meta.url).resolve('@modelcontextprotocol/server-everything/package.json'),
  '../dist/index.js',
);

/** Two hosts that have nothing to do, of which one asks for an echo after each restart of the relay. */
export async function runIdle(plan: Plan, tell: (line: string) => void): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-nostr-idle-'));
  const cli = join(folder, 'mcp-nostr.js');
  // A copy of its own: an hour is long, and the workspace is worked in.
  await writeFile(cli, (await bundleCli()).script);
  await bundle([fileURLToPath(new URL('./sampler.ts', import.meta.url))], folder);
  const home = join(folder, 'home');
  const kept = plan.folder === undefined ? folder : resolve(plan.folder);
  await mkdir(kept, { recursive: true });
  const samplesOf = (name: Watched): string => join(kept, `${name.replace(' ', '-')}.jsonl`);
  const watch = (name: Watched): { words: string[]; env: Record<string, string> } => ({
    words: ['--expose-gc', '--import', join(folder, 'sampler.mjs'), cli],
    env: {
      MCP_NOSTR_HOME: home,
      IDLE_SAMPLES: samplesOf(name),
      IDLE_SAMPLE_MS: String(plan.sampleSeconds * 1_000),
    },
  });
  const port = await freePort();
  const startRelay = async (): Promise<CliRun> => {
    const run = new CliRun(
      ['relay', '--port', String(port), '--json'],
      {},
      { words: [process.execPath, cli] },
    );
    await run.event('ready');
    return run;
  };

  let relay = await startRelay();
  const { words, env } = watch('serve');
  const server = new CliRun(
    ['serve', '--public', '--json', '--relay', `ws://127.0.0.1:${port}`, '--', process.execPath, everything],
    env,
    { words: [process.execPath, ...words] },
  );
  const clients: Client[] = [];
  const killAll = (): void => {
    for (const { child } of [server, relay]) child.kill('SIGKILL');
  };
  process.once('exit', killAll);
  try {
    const address = String((await server.event('ready'))['address']);
    const host = async (name: Watched): Promise<Client> => {
      const client = new Client({ name, version: '1.0.0' });
      clients.push(client);
      await client.connect(hostTransport(watch(name), address, join(kept, `${name.replace(' ', '-')}.log`)));
      return client;
    };
    const silent = await host('silent host');
    const asking = await host('asking host');

    const answersSeconds: number[] = [];
    let restarts = 0;
    const end = performance.now() + plan.minutes * 60_000;
    while (performance.now() + plan.restartSeconds * 1_000 < end) {
      await sleep(plan.restartSeconds * 1_000);
      await relay.stop();
      await sleep(Math.min(downMs[restarts % downMs.length] ?? 0, plan.restartSeconds * 250));
      relay = await startRelay();
      restarts += 1;
      answersSeconds.push(await echoSeconds(asking, `after restart ${restarts}`));
      tell(`restart ${restarts}: answered after ${answersSeconds.at(-1)?.toFixed(2)} s`);
    }
    await sleep(Math.max(0, end - performance.now()));
    const lastAnswerSeconds = await echoSeconds(silent, 'after all that time');
    const courses = Object.fromEntries(
      watched.map((name) => [name, courseOf(readSamples(samplesOf(name)))]),
    ) as Record<Watched, Course>;
    return { plan, restarts, answersSeconds, lastAnswerSeconds, courses };
  } finally {
    await Promise.all(clients.map((client) => client.close()));
    await server.stop();
    await relay.stop();
    process.off('exit', killAll);
    rmSync(folder, { recursive: true, force: true });
  }
}

function hostTransport(
  { words, env }: { words: string[]; env: Record<string, string> },
  address: string,
  log: string,
): StdioClientTransport {
  return new StdioClientTransport({
    command: process.execPath,
    args: [...words, 'connect', address],
    env: { ...(process.env as Record<string, string>), ...env },
    stderr: openSync(log, 'w'),
  });
}

/**
 * Until the echo is there. As long as the server is not reached a call is answered with what is wrong; whoever asked
 * asks again.
 * @throws {Error} when the answer is another one, or there is none in time
 */
async function echoSeconds(client: Client, message: string): Promise<number> {
  const started = performance.now();
  for (;;) {
    const { content, isError } = await client.callTool({ name: 'echo', arguments: { message } }, undefined, {
      timeout: CALL_TIMEOUT_MS,
    });
    const text = JSON.stringify(content);
    const seconds = (performance.now() - started) / 1_000;
    if (isError !== true && text.includes(`Echo: ${message}`)) return seconds;
    if (isError !== true || seconds * 1_000 > CALL_TIMEOUT_MS)
      throw new Error(`asked for "${message}" and got ${text}`);
    await sleep(1_000);
  }
}
