import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { isAlive, until } from '../run-cli.test.support.ts';
import { live, programOf, serverThat, silent } from './program.test.support.ts';
import { startAsHost, type StartLimits } from './start-as-host.ts';

const limits: StartLimits = { timeoutMs: 20_000, signal: new AbortController().signal };

it('finds what a host finds, from a server that knows no completions', async () => {
  const started = await startAsHost(serverThat(live), limits);
  expect(started).toMatchObject({ serverName: 'My Server', serverVersion: '1', tools: 2 });
  expect(started.servers).toMatchObject([{ address: 'a'.repeat(64), absence: undefined }]);
  expect(started.endedMs).toBeGreaterThan(0);
});

it('tells a server from what is answered in its place', async () => {
  const { servers } = await startAsHost(serverThat({ ...live, 'completion/complete': silent }), limits);
  expect(servers[0]?.absence).toMatchObject({
    code: 'server_silent',
    exitCode: 4,
    message: 'npub1… does not answer.',
  });
});

it('gives the entry its own environment and no other', async () => {
  const program = programOf(
    `console.error('error: ' + process.env.A + ' ' + process.env.PATH); process.exit(1)`,
  );
  await expect(startAsHost({ ...program, env: { A: '1' } }, limits)).rejects.toMatchObject({
    code: 'start_failed',
    message: expect.stringMatching(/exit code 1; it said: error: 1 undefined$/),
  });
});

it('says what is wrong with what it writes', async () => {
  await expect(
    startAsHost(programOf(`console.log('Hello'); process.stdin.resume()`), limits),
  ).rejects.toThrow('one of its lines is no JSON-RPC: Hello');
  const refuses = serverThat({ initialize: { error: { code: -32_603, message: 'no disk' } } });
  await expect(startAsHost(refuses, limits)).rejects.toThrow('it answered with an error: no disk');
});

it('leaves nothing behind where no answer comes: neither the program nor what it has started', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-nostr-start-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'pids');
  // Both ignore the end of their input and SIGTERM.
  const stays = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);`;
  const program = programOf(`${stays}
    const { pid } = require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(stays)}], { stdio: 'inherit' });
    require('fs').writeFileSync(${JSON.stringify(file)}, process.pid + ' ' + pid);
    process.stdin.resume();`);
  const controller = new AbortController();
  const starting = startAsHost(program, { timeoutMs: 20_000, signal: controller.signal });
  const pids = (): number[] => {
    try {
      return readFileSync(file, 'utf8').split(' ').map(Number);
    } catch {
      return [];
    }
  };
  await until('both processes', () => pids().length === 2 && pids().every(isAlive));
  controller.abort(); // Its time is over.
  await expect(starting).rejects.toMatchObject({ code: 'timed_out', exitCode: 6 });
  await until('their end', () => !pids().some(isAlive));
});
