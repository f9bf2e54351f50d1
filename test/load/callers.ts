import { setTimeout as sleep } from 'node:timers/promises';

import { NostrClientTransport } from '@mcp-nostr/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';

import type { Called, CallersOptions } from './called.ts';

/** Many clients in one process, each with a key, a connection to the relay and a schedule of its own. */
const { address, clients, connectMs, seconds, everySeconds } = JSON.parse(
  process.argv[2] ?? '',
) as CallersOptions;

async function connect(): Promise<Client> {
  const client = new Client({ name: 'load', version: '1.0.0' });
  await client.connect(new NostrClientTransport({ server: address }));
  return client;
}

/** Whether the call before was answered or not: a server that is slow gets no rest for it. */
async function callAgainAndAgain(
  client: Client,
  name: number,
  firstMs: number,
  called: Called,
): Promise<void> {
  const calls: Promise<void>[] = [];
  for (let turn = 0; turn * everySeconds < seconds; turn++) {
    const dueMs = firstMs + turn * everySeconds * 1_000;
    await sleep(Math.max(0, dueMs - performance.now()));
    calls.push(call(client, `client ${name}, call ${turn}`, dueMs, called));
  }
  await Promise.all(calls);
}

async function call(client: Client, message: string, dueMs: number, called: Called): Promise<void> {
  try {
    const { content } = await client.callTool({ name: 'echo', arguments: { message } });
    const text = JSON.stringify(content);
    if (text !== JSON.stringify([{ type: 'text', text: `Echo: ${message}` }]))
      throw new Error(`another answer: ${text}`);
    // From when it was due: what this process is late by is not left out.
    called.answeredMs.push(Math.round((performance.now() - dueMs) * 10) / 10);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    called.failures[reason] = (called.failures[reason] ?? 0) + 1;
  }
}

function say(event: string, more: object = {}): void {
  process.stdout.write(`${JSON.stringify({ event, ...more })}\n`);
}

// The parent says when to begin, and by its end that it is over.
const begin = new Promise((resolve) => void process.stdin.once('data', resolve));
process.stdin.once('end', () => process.exit());

const connecting: Promise<Client>[] = [];
for (let count = 0; count < clients; count++) {
  connecting.push(connect());
  await sleep(connectMs);
}
const connected = await Promise.all(connecting);
say('connected');
await begin;
const called: Called = { answeredMs: [], failures: {} };
const startMs = performance.now();
await Promise.all(
  connected.map((client, index) => {
    const firstMs = startMs + (index / clients) * everySeconds * 1_000;
    return callAgainAndAgain(client, index, firstMs, called);
  }),
);
say('called', called);
