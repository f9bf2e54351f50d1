/**
 * A relay, an MCP server behind it and a client that is given nothing but the server's address, in separate
 * processes on this machine. `--keep` leaves relay and server running.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { NostrClientTransport } from '@mcp-nostr/client';
import { formatNpub, generateSecretKey, secretKeySigner } from '@mcp-nostr/core';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';

import { steps } from './calls.ts';
import { CliProcess } from './cli-process.ts';
import {
  formatMs,
  paint,
  print,
  printCall,
  printField,
  printProgress,
  printStep,
  shortNpub,
} from './print.ts';

/** The demo takes a few seconds; whatever hangs, this is the end. */
const LIMIT_MS = 60_000;

const isKept = process.argv.includes('--keep');
// Keys of this demo only: the files of the person who runs it are left alone.
const home = mkdtempSync(join(tmpdir(), 'mcp-nostr-demo-'));
const env = { MCP_NOSTR_HOME: home };
const processes: CliProcess[] = [];

process.on('exit', () => {
  for (const each of processes) each.kill('SIGTERM');
  rmSync(home, { recursive: true, force: true });
});
const interrupted = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
});
const limit = setTimeout(() => fail(new Error(`not finished after ${LIMIT_MS / 1_000} s`)), LIMIT_MS);

try {
  const isDone = await Promise.race([demo().then(() => true), interrupted.then(() => false)]);
  if (!isDone) process.exit(130);
  clearTimeout(limit);
  if (isKept) await interrupted;
  await Promise.all(processes.toReversed().map((each) => each.stop()));
  process.exitCode = 0;
} catch (error) {
  fail(error);
}

async function demo(): Promise<void> {
  const startedAt = performance.now();
  print();
  print(paint('bold', 'MCP over Nostr'));
  print();

  const relay = start('relay', '--port', '0', '--json');
  const url = String((await relay.first(({ event }) => event === 'ready'))['url']);
  printField('relay', url);

  const program = serverEverything();
  const server = start(
    'serve',
    '--public',
    '--json',
    '--relay',
    url,
    '--',
    process.execPath,
    program,
    'stdio',
  );
  const address = String((await server.first(({ event }) => event === 'ready'))['address']);
  await server.first(({ event, status }) => event === 'relay' && status === 'ready');
  printField('server', '@modelcontextprotocol/server-everything on stdio, behind mcp-nostr serve');
  printField('address', address);

  const signer = secretKeySigner(generateSecretKey());
  printField(
    'client',
    `${shortNpub(formatNpub(await signer.getPublicKey()))}, which knows the address and nothing else`,
  );
  printField('encrypted', 'both ends require it; the relay sees wrapped events from one-time keys');
  print();

  await callEverything(address, signer);
  print();

  print(paint('bold', 'The same calls, as the server saw them'));
  print();
  // The connection's initialize and one request for each step.
  const expected = steps.length + 1;
  await waitFor(() => callsOf(server).length >= expected, 'the reports of the calls');
  for (const event of callsOf(server)) printCall(event);
  print();
  const bad = callsOf(server).filter(({ outcome }) => outcome !== 'ok').length;
  if (bad > 0) throw new Error(`${bad} calls did not end well at the server`);
  print(
    `${paint('green', '✓')} ${expected} requests over the relay, all answered; ${formatMs(performance.now() - startedAt)} with the start of all processes`,
  );
  print();
  if (isKept) keepOn(address, server);
  else print(paint('dim', 'npm run demo -- --keep leaves relay and server running for your own client'));
}

async function callEverything(address: string, signer: ReturnType<typeof secretKeySigner>): Promise<void> {
  const client = new Client({ name: 'demo', version: '1.0.0' });
  const connectedAt = performance.now();
  await client.connect(new NostrClientTransport({ server: address, signer, encryption: 'required' }));
  const { name = '', version = '' } = client.getServerVersion() ?? {};
  printStep('initialize', performance.now() - connectedAt, `${name} ${version}, started for this connection`);
  for (const step of steps) {
    const startedAt = performance.now();
    const result = await step.run(client, ({ progress, total = 0 }) =>
      printProgress(step.name, progress, total),
    );
    printStep(step.name, performance.now() - startedAt, result);
  }
  await client.close();
}

function keepOn(address: string, server: CliProcess): void {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const args = ['--prefix', root, 'run', '-s', 'mcp-nostr', '--', 'connect', address];
  print(paint('bold', 'Still running; Ctrl-C ends it. In another terminal, in this folder:'));
  print();
  print(`npm run -s mcp-nostr -- call ${address}`);
  print(`npm run -s mcp-nostr -- call ${address} echo message=hello`);
  print();
  print(paint('bold', 'For the configuration of an MCP host (mcpServers):'));
  print();
  print(`"everything": ${JSON.stringify({ command: 'npm', args })}`);
  print();
  server.onevent = (event) => {
    if (event['event'] === 'call') printCall(event);
  };
}

function start(...args: [string, ...string[]]): CliProcess {
  const started = new CliProcess(args, env);
  processes.push(started);
  return started;
}

function callsOf(server: CliProcess): Record<string, unknown>[] {
  return server.events.filter(({ event }) => event === 'call');
}

function serverEverything(): string {
  const manifest = createRequire(import.meta.url).resolve(
    '@modelcontextprotocol/server-everything/package.json',
  );
  return join(dirname(manifest), 'dist', 'index.js');
}

async function waitFor(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function fail(error: unknown): never {
  process.stderr.write(`\n  demo failed: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
