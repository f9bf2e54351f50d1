import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

import { emptyProgramMs, firstAnswerMs } from './first-answer.ts';
import { type Part, type Start, tell } from './part.ts';
import { installedVersion, startRelay } from './peers.ts';
import { medianOf, roundTo } from './stats.ts';

const ROUNDS = 11;
/** For one that its host has not had before, or whose server cannot be reached. */
const MAX_FIRST_ANSWER_MS = 400;
const CATALOGUE_TIMEOUT_MS = 10_000;

const cli = fileURLToPath(new URL('../../packages/cli/dist/mcp-nostr.js', import.meta.url));
const mcpRemote = join(createRequire(import.meta.url).resolve('mcp-remote/package.json'), '../dist/proxy.js');

const programs = ['empty', 'ours', 'oursAway', 'mcpRemote'] as const;
type Program = (typeof programs)[number];

const labels: Record<Program, string> = {
  empty: '`node -e 0`, from start to end',
  ours: '`mcp-nostr connect` through a relay, for the first time',
  oursAway: '`mcp-nostr connect`, no relay reached',
  mcpRemote: `\`mcp-remote\` ${installedVersion('mcp-remote')}, no relay`,
};

const barred: readonly Program[] = ['ours', 'oursAway'];

interface Startup {
  firstAnswerMs: Record<Program, number>;
  rounds: Record<Program, number[]>;
}

export const startupHead = ['first answer to a host', 'median', 'longest', 'bar'];

/** From the start of the process that a host has in its configuration to the answer to its first request. */
export const startupPart: Part<Startup> = {
  name: 'start-up',
  timeoutMs: 120_000,
  run: measureStartup,
  missedBars: (result) =>
    barred
      .filter((program) => result.firstAnswerMs[program] > MAX_FIRST_ANSWER_MS)
      .map(
        (program) =>
          `start-up, ${labels[program]}: ${result.firstAnswerMs[program]} ms, the bar is ${MAX_FIRST_ANSWER_MS} ms`,
      ),
  rows: (result) =>
    programs.map((program) => [
      labels[program],
      `${result.firstAnswerMs[program].toFixed(0)} ms`,
      `${Math.max(...result.rounds[program]).toFixed(0)} ms`,
      barred.includes(program) ? `at most ${MAX_FIRST_ANSWER_MS} ms` : '',
    ]),
};

/** They take turns, so that what else the machine does hits all alike. The first round only fills caches. */
async function measureStartup(start: Start): Promise<Startup> {
  const home = mkdtempSync(join(tmpdir(), 'mcp-nostr-startup-'));
  try {
    const relay = await startRelay(start);
    const ours = await start(new URL('./ours-server.ts', import.meta.url), relay.where);
    const http = await start(new URL('./http-server.ts', import.meta.url));
    const away = { args: [cli, 'connect', await serverThatWent(start, home)], env: { MCP_NOSTR_HOME: home } };
    const measures: Record<Program, () => Promise<number>> = {
      empty: emptyProgramMs,
      ours: async () => {
        // The key stays, what is known of the server does not.
        const firstHome = join(home, 'first');
        rmSync(join(firstHome, 'catalogues'), { recursive: true, force: true });
        return firstAnswerMs({ args: [cli, 'connect', ours.where], env: { MCP_NOSTR_HOME: firstHome } });
      },
      oursAway: () => firstAnswerMs(away),
      mcpRemote: () =>
        firstAnswerMs({
          args: [mcpRemote, http.where, '--allow-http', '--silent'],
          env: { MCP_REMOTE_CONFIG_DIR: home },
        }),
    };
    const rounds: Record<Program, number[]> = { empty: [], ours: [], oursAway: [], mcpRemote: [] };
    for (let round = 0; round <= ROUNDS; round++) {
      for (const program of programs) {
        const ms = roundTo(await measures[program](), 1);
        if (round > 0) rounds[program].push(ms);
      }
    }
    tell(`  ${ROUNDS} rounds`);
    const middle = (program: Program): number => medianOf(rounds[program], (ms) => ms, 1);
    return {
      firstAnswerMs: {
        empty: middle('empty'),
        ours: middle('ours'),
        oursAway: middle('oursAway'),
        mcpRemote: middle('mcpRemote'),
      },
      rounds,
    };
  } finally {
    rmSync(home, { recursive: true });
  }
}

/** A host has used it once, then it and its relay are gone. Gives its address. */
async function serverThatWent(start: Start, home: string): Promise<string> {
  const relay = await startRelay(start);
  const server = await start(new URL('./ours-server.ts', import.meta.url), relay.where);
  const client = new Client({ name: 'bench', version: '1.0.0' });
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [cli, 'connect', server.where],
      env: { ...(process.env as Record<string, string>), MCP_NOSTR_HOME: home },
      stderr: 'ignore',
    }),
  );
  await client.listTools();
  const deadline = performance.now() + CATALOGUE_TIMEOUT_MS;
  while (!existsSync(join(home, 'catalogues'))) {
    if (performance.now() > deadline) throw new Error('nothing was kept of what the server has said');
    await sleep(50);
  }
  await client.close();
  server.role.kill();
  relay.role.kill();
  return server.where;
}
