import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { isAlive, type Run, runCli, until } from '../run-cli.test.support.ts';

const npub = 'npub1ct7mnuprahr6npcl7zumrvlsexs7uztty7eu66hj089xf4g6h0pqrql88h';
const root = fileURLToPath(new URL('../../../../', import.meta.url));
let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'mcp-nostr-connect-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

/** What a process runs before all else. */
const preload = (code: string): NodeJS.ProcessEnv => ({
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}`,
});

/** Port 9 (discard) refuses: the network is down. */
function connect(env: NodeJS.ProcessEnv = {}): Run {
  return runCli(['connect', npub, '--relay', 'ws://127.0.0.1:9'], { MCP_NOSTR_HOME: home, ...env });
}

it('answers what is no message, stays while the network is down, and goes at the end of input', async () => {
  // From then on no timer of a second or more goes off: it waits for none of them to be gone.
  const run = connect(
    preload(`process.stdin.on('end', () => {
      const { setTimeout } = globalThis;
      globalThis.setTimeout = (run, ms, ...rest) => setTimeout(run, ms >= 1_000 ? 2 ** 31 - 1 : ms, ...rest);
    });`),
  );
  const initialize = { jsonrpc: '2.0', id: 0, method: 'initialize', params: {} };
  run.child.stdin.write(`${JSON.stringify(initialize)}\nnot json\n{"jsonrpc":"2.0","id":7,"method":5}\n[]\n`);
  await until('the answers', () => run.stdout().split('\n').length > 3);
  const answers = run
    .stdout()
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  expect(answers).toMatchObject([
    { error: { code: -32_700 } },
    { id: 7, error: { code: -32_600 } },
    { error: { code: -32_600 } },
  ]);
  await until('the state of the relay', () => run.stderr().includes('✗ ws://127.0.0.1:9'));
  expect(run.child.exitCode).toBeNull();
  run.child.stdin.end();
  expect(await run.exited).toBe(0);
});

it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('goes at %s', async (signal) => {
  const run = connect();
  await until('its first line', () => run.stderr().includes('connecting'));
  run.child.kill(signal);
  expect(await run.exited).toBe(0);
  expect(run.stdout()).toBe('');
});

it('goes with its host while its key waits for a remote signer', async () => {
  const bunker = `bunker://${'a'.repeat(64)}?relay=ws://127.0.0.1:9`;
  const run = connect({ MCP_NOSTR_BUNKER: bunker });
  await until('its first line', () => run.stderr().includes('signer'));
  run.child.stdin.end();
  expect(await run.exited).toBe(0);
});

it('goes when the host does not read any more', async () => {
  const run = connect();
  await until('its first line', () => run.stderr().includes('connecting'));
  run.child.stdout.destroy();
  run.child.stdin.write('not json\n');
  expect(await run.exited).toBe(0);
});

it('goes when its parent is killed, though another process holds its input open', async () => {
  const cli = `${process.execPath} packages/cli/dist/mcp-nostr.js`;
  // The shell is the parent; the other end of the pipe is ours.
  const script = `exec 3<&0; ${cli} connect ${npub} --relay ws://127.0.0.1:9 <&3 & echo "pid $!" >&2; wait`;
  const parent = spawn('sh', ['-c', script], { cwd: root, env: { ...process.env, MCP_NOSTR_HOME: home } });
  let stderr = '';
  parent.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  await until('its first line', () => stderr.includes('connecting'));
  const pid = Number(/pid (\d+)/.exec(stderr)?.[1]);
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await until('its end', () => !isAlive(pid));
  parent.stdin.destroy();
});

it('lives through what a dependency prints and throws, with nothing of it on stdout', async () => {
  const noise = `process.on('SIGUSR2', () => {
    console.log('printed'); console.info('printed'); process.stdout.write('printed');
    Promise.reject(new Error('rejected')); setTimeout(() => { throw new TypeError('thrown'); });
  });`;
  const run = connect({ DEBUG: '*', FORCE_COLOR: '3', ...preload(noise) });
  await until('its first line', () => run.stderr().includes('connecting'));
  run.child.kill('SIGUSR2');
  await until('both errors', () => /Error: rejected[^]*TypeError: thrown/.test(run.stderr()));
  run.child.stdin.write('{"jsonrpc":"2.0","id":7,"method":"ping"}\n');
  await until('the answer', () => run.stdout() !== '');
  run.child.stdin.end();
  expect(await run.exited).toBe(0);
  expect(run.stdout()).toBe('{"jsonrpc":"2.0","id":7,"result":{}}\n');
  expect(run.stderr()).toContain('printed');
});

it('refuses an address that is none before it does anything', async () => {
  const run = runCli(['connect', 'npub1nonsense'], { MCP_NOSTR_HOME: join(home, 'unused') });
  expect(await run.exited).toBe(2);
  expect(run.stdout()).toBe('');
  expect(run.stderr()).toContain('not an address');
});
