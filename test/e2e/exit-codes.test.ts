import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { generateSecretKey, secretKeySigner } from '@mcp-nostr/core';
import { type Relay, startRelay } from '@mcp-nostr/relay';
import { type McpServerFactory, type NostrServer, serve, type ServeOptions } from '@mcp-nostr/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { CliRun } from '../helpers/cli.ts';
import { runMain, temporaryHome } from '../helpers/cli-in-process.ts';
import { deadRelayUrl } from '../helpers/dead-relay.ts';
import { Fixture } from '../helpers/fixture-server.ts';
import { openScriptedRelay } from '../helpers/scripted-relay.ts';

const fixture = new Fixture();
let relay: Relay;
let servers: NostrServer[];
/** Stand in the table for what is known only when the tests run. */
const places: Record<string, string> = {};

beforeAll(async () => {
  relay = await startRelay();
  const start = (create: McpServerFactory, options: Partial<ServeOptions> = {}): Promise<NostrServer> => {
    const signer = secretKeySigner(generateSecretKey());
    return serve({ signer, relays: [relay.url], allow: 'public', ...options }, create);
  };
  const broken = (): never => {
    throw new Error('no disk');
  };
  servers = [
    await start(fixture.create),
    await start(fixture.create, { allow: [await secretKeySigner(generateSecretKey()).getPublicKey()] }),
    await start(broken),
  ];
  const [open = '', closed = '', failing = ''] = servers.map(({ address }) => address);
  Object.assign(places, { OPEN: open, CLOSED: closed, BROKEN: failing, RELAY: relay.url });
  places['DEAD'] = await deadRelayUrl();
});

afterAll(async () => {
  for (const server of servers) await server.close();
  await relay.close();
});

const unknownKey = 'f'.repeat(64);

/** Command lines as they end: the README's table of exit codes, and what programs are told of each. */
const table: [line: string, exitCode: number, code?: string][] = [
  ['call OPEN', 0],
  ['call OPEN echo text=hello', 0],
  ['doctor RELAY', 0],
  ['doctor OPEN', 0],
  ['call BROKEN', 1, 'server_failed'],
  ['call', 2, 'usage'],
  ['call OPEN echo --args []', 2, 'usage'],
  ['call OPEN echo text=@HOME/nothing', 2, 'usage'],
  ['call OPEN echo text=1 --out HOME/x', 2, 'usage'],
  ['call OPEN sum values:=x', 2, 'usage'],
  ['call OPEN --key HOME', 2, 'key_file'],
  ['call OPEN --key HOME/open.key', 2, 'key_file'],
  ['call OPEN --key HOME/file/x.key', 2, 'key_file'],
  [`call OPEN --key ${unknownKey}`, 2, 'secret_key_given'],
  ['call OPEN --relay http://x', 2, 'bad_relay_url'],
  ['call OPEN --timeout never', 2, 'usage'],
  ['call nobody', 2, 'bad_address'],
  ['connect nobody --json', 2, 'usage'],
  ['connect OPEN --cors http://x --json', 2, 'usage'],
  ['serve --public', 2, 'usage'],
  ['serve --public --encryption sometimes -- node', 2, 'usage'],
  ['install nobody --yes', 2, 'bad_address'],
  ['install OPEN --client notepad', 2, 'usage'],
  ['install OPEN --client cursor', 2, 'usage'],
  ['uninstall nothing --client notepad', 2, 'usage'],
  ['relay --host 999.1.1.1', 2, 'bad_host'],
  ['relay --port PORT', 2, 'port_in_use'],
  ['doctor nobody', 2, 'usage'],
  ['doctor --key HOME/open.key --relay RELAY', 2, 'checks_failed'],
  ['completion csh --json', 2, 'usage'],
  ['dance', 2, 'usage'],
  ['call CLOSED', 3, 'not_allowed'],
  ['doctor CLOSED', 3, 'checks_failed'],
  ['doctor DEAD', 4, 'checks_failed'],
  ['call OPEN dance', 5, 'unknown_tool'],
  ['call OPEN fail', 5, 'tool_failed'],
  ['call OPEN delay ms=3000 text=late --timeout 0.3', 6, 'timed_out'],
];

describe('exit codes', () => {
  it.each(table)('%s ends with %i %s', async (line, exitCode, code) => {
    const home = temporaryHome();
    writeFileSync(join(home, 'file'), '');
    writeFileSync(join(home, 'open.key'), `${'1'.repeat(64)}\n`);
    chmodSync(join(home, 'open.key'), 0o644);
    mkdirSync(join(home, 'keys'));
    const port = String(relay.port);
    const words = line
      .split(' ')
      .map((word) => (places[word] ?? word).replace(/^PORT$/, port).replace('HOME', home));
    const given = words.includes('--json') ? words : insertJson(words);
    const { stdout, stderr, ...ended } = await runMain(given);
    expect({ ...ended, stderr }).toMatchObject({ exitCode });
    // A result is one document, an error one line.
    if (stdout !== '') expect(JSON.parse(stdout)).toBeTypeOf('object');
    if (code === undefined) {
      expect(stderr).toBe('');
      return;
    }
    expect(stderr).toMatch(/^[^\n]+\n$/);
    const { error } = JSON.parse(stderr) as { error: Record<string, unknown> };
    expect(error).toMatchObject({ code, message: expect.stringMatching(/./) });
    expect(['code', 'message', 'hint']).toEqual(expect.arrayContaining(Object.keys(error)));
  });
});

function insertJson(words: string[]): string[] {
  const end = words.indexOf('--');
  return end === -1 ? [...words, '--json'] : words.toSpliced(end, 0, '--json');
}

it.each([
  ['serv --public', 'serve'],
  ['docter', 'doctor'],
  ['complete', 'completion'],
  ['instal x', 'install'],
  ['install x --clint cursor', '--client'],
  ['serve --publik -- node', '--public'],
  ['connect x --htp', '--http'],
  ['call x --timeuot 3', '--timeout'],
  ['relay --prot 1', '--port'],
  ['doctor --jsn', '--json'],
])('suggests what was meant by %s', async (line, meant) => {
  const { exitCode, stderr } = await runMain(line.split(' '));
  expect(stderr).toMatch(new RegExp(`^error: unknown .*\n  Did you mean ${meant}\\?\n$`));
  expect(exitCode).toBe(2);
});

it('names the help of the command where it has nothing to suggest', async () => {
  const { stderr } = await runMain(['call']);
  expect(stderr).toBe("error: missing required argument 'address'\n  mcp-nostr call --help\n");
});

// Both at once: each is a process of its own.
it('ends by a signal as the shell expects it', async () => {
  const env = { MCP_NOSTR_HOME: temporaryHome() };
  const silent = await openScriptedRelay({ isHalfOpen: true });
  const [doctor, call] = [
    new CliRun(['doctor', silent.url, '--json'], env),
    new CliRun(['call', servers[0]?.address ?? '', 'wait', 'name=signal', '--json'], env),
  ];
  await silent.heard('open');
  doctor.child.kill('SIGINT');
  await expect.poll(() => fixture.started.items, { timeout: 20_000 }).toContain('signal');
  call.child.kill('SIGTERM');
  const interrupted = (signal: string): string =>
    `${JSON.stringify({ error: { code: 'interrupted', message: `stopped by ${signal}` } })}\n`;
  expect(await doctor.ended).toEqual({ exitCode: 130, stdout: '', stderr: interrupted('SIGINT') });
  expect(await call.ended).toEqual({ exitCode: 143, stdout: '', stderr: interrupted('SIGTERM') });
});
