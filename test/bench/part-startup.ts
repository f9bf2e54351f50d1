import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { emptyProgramMs, firstAnswerMs } from './first-answer.ts';
import { type Part, type Start, tell } from './part.ts';
import { installedVersion, startRelay } from './peers.ts';
import { medianOf, roundTo } from './stats.ts';

const ROUNDS = 11;
/** A host shows a server that is slower than this as one that is slow. */
const MAX_FIRST_ANSWER_MS = 400;

const cli = fileURLToPath(new URL('../../packages/cli/dist/mcp-nostr.js', import.meta.url));
const mcpRemote = join(createRequire(import.meta.url).resolve('mcp-remote/package.json'), '../dist/proxy.js');

const programs = ['empty', 'ours', 'mcpRemote'] as const;
type Program = (typeof programs)[number];

const labels: Record<Program, string> = {
  empty: '`node -e 0`, from start to end',
  ours: '`mcp-nostr connect` through a relay',
  mcpRemote: `\`mcp-remote\` ${installedVersion('mcp-remote')}, no relay`,
};

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
  missedBars: ({ firstAnswerMs: { ours } }) =>
    ours <= MAX_FIRST_ANSWER_MS
      ? []
      : [`start-up: the first answer takes ${ours} ms, the bar is ${MAX_FIRST_ANSWER_MS} ms`],
  rows: (result) =>
    programs.map((program) => [
      labels[program],
      `${result.firstAnswerMs[program].toFixed(0)} ms`,
      `${Math.max(...result.rounds[program]).toFixed(0)} ms`,
      program === 'ours' ? `at most ${MAX_FIRST_ANSWER_MS} ms` : '',
    ]),
};

/** They take turns, so that what else the machine does hits all alike. The first round only fills caches. */
async function measureStartup(start: Start): Promise<Startup> {
  const home = mkdtempSync(join(tmpdir(), 'mcp-nostr-startup-'));
  try {
    const relay = await startRelay(start);
    const ours = await start(new URL('./ours-server.ts', import.meta.url), relay.where);
    const http = await start(new URL('./http-server.ts', import.meta.url));
    const env = { MCP_NOSTR_HOME: home, MCP_REMOTE_CONFIG_DIR: home };
    const measures: Record<Program, () => Promise<number>> = {
      empty: emptyProgramMs,
      ours: () => firstAnswerMs({ args: [cli, 'connect', ours.where], env }),
      mcpRemote: () => firstAnswerMs({ args: [mcpRemote, http.where, '--allow-http', '--silent'], env }),
    };
    const rounds: Record<Program, number[]> = { empty: [], ours: [], mcpRemote: [] };
    for (let round = 0; round <= ROUNDS; round++) {
      for (const program of programs) {
        const ms = roundTo(await measures[program](), 1);
        if (round > 0) rounds[program].push(ms);
      }
    }
    tell(`  ${ROUNDS} rounds`);
    const middle = (program: Program): number => medianOf(rounds[program], (ms) => ms, 1);
    return {
      firstAnswerMs: { empty: middle('empty'), ours: middle('ours'), mcpRemote: middle('mcpRemote') },
      rounds,
    };
  } finally {
    rmSync(home, { recursive: true });
  }
}
