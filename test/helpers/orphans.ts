import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { NostrClientTransport } from '@mcp-nostr/client';
import { isResponse } from '@mcp-nostr/core';
import { startRelay } from '@mcp-nostr/relay';

import { CliRun } from './cli.ts';

export interface OrphanCount {
  /** Programs and what they started, while `serve` ran. */
  running: number;
  /** Of these, how many were left at the end. */
  left: number;
  /** Whether the shell that watches over them was there, and whether it went. */
  watchdog: { wasThere: boolean; isThere: boolean };
  /** From the signal until nothing was left. */
  goneMs: number;
}

/** SIGUSR2 makes `serve` throw where nobody catches. */
const CRASH = `--import=data:text/javascript,process.on('SIGUSR2',()=>{throw%20new%20Error('crash')})`;

/** Connections that are opened at a time: one process is the relay and all callers. */
const AT_ONCE = 10;

/** SIGTERM and a second, and time for whoever collects the dead. */
const GONE_WITHIN_MS = 30_000;

/**
 * Has `serve` run a program for each of so many connections, each with a child of its own, none of which ends at a
 * signal or the end of its input; ends `serve` with the signal (SIGUSR2: by a crash), and counts.
 */
export async function countOrphans(connections: number, signal: NodeJS.Signals): Promise<OrphanCount> {
  const marker = String(randomInt(1e11, 1e12));
  const home = await mkdtemp(join(tmpdir(), 'mcp-nostr-orphans-'));
  const relay = await startRelay();
  const options = ['--public', '--json', '--relay', relay.url, '--max-connections', String(connections)];
  const words = ['sh', 'test/helpers/stubborn-server.sh', marker];
  const serve = new CliRun(['serve', ...options, '--', ...words], {
    MCP_NOSTR_HOME: home,
    NODE_OPTIONS: CRASH,
  });
  const transports: NostrClientTransport[] = [];
  try {
    const server = String((await serve.event('ready'))['address']);
    while (transports.length < connections) {
      const missing = Math.min(connections - transports.length, AT_ONCE);
      const more = Array.from({ length: missing }, () => new NostrClientTransport({ server }));
      transports.push(...more);
      await Promise.all(more.map(initialize));
    }
    const { pid = 0 } = serve.child;
    const running = living(marker).filter((each) => each !== pid);
    const watchdogs = living('mcp-nostr-watchdog').filter((each) => parentOf(each) === pid);
    const sentAt = performance.now();
    serve.child.kill(signal);
    await serve.ended;
    const isLeft = (): boolean =>
      living(marker).length + living('mcp-nostr-watchdog').filter((each) => watchdogs.includes(each)).length >
      0;
    while (isLeft() && performance.now() - sentAt < GONE_WITHIN_MS) await delay(20);
    return {
      running: running.length,
      left: living(marker).length,
      watchdog: {
        wasThere: watchdogs.length === 1,
        isThere: living('mcp-nostr-watchdog').some((each) => watchdogs.includes(each)),
      },
      goneMs: performance.now() - sentAt,
    };
  } finally {
    serve.child.kill('SIGKILL');
    for (const left of living(marker)) kill(left);
    await Promise.all(transports.map((transport) => transport.close()));
    await relay.close();
    await rm(home, { recursive: true });
  }
}

/** Resolves when a program has answered. */
async function initialize(transport: NostrClientTransport): Promise<void> {
  const answered = new Promise<void>((resolve, reject) => {
    transport.onmessage = (message) => {
      if ('error' in message) reject(new Error(message.error.message));
      else if (isResponse(message)) resolve();
    };
  });
  await transport.start();
  const params = {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'orphans', version: '1' },
  };
  await transport.send({ jsonrpc: '2.0', id: 1, method: 'initialize', params });
  await answered;
}

/** Processes with this word among those that started them; one that is dead and not collected has none. */
function living(word: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && read(name, 'cmdline').includes(word))
    .map(Number);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has gone meanwhile.
  }
}

function parentOf(pid: number): number {
  return Number(/\) \S (\d+)/.exec(read(String(pid), 'stat'))?.[1]);
}

function read(pid: string, file: 'cmdline' | 'stat'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return ''; // It has gone meanwhile.
  }
}
