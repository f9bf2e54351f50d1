import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { formatNpub, generateSecretKey, parseAddress, secretKeySigner } from '@mcp-nostr/core';
import { type Relay, startRelay } from '@mcp-nostr/relay';
import { AccessBook, accessPolicy, type McpServerFactory, type NostrServer, serve } from '@mcp-nostr/server';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';

import {
  certificateFile,
  Domain,
  trustDomains,
} from '../../packages/cli/src/address-book/domain.test.support.ts';
import { CliRun, cliWords, type Ended } from '../helpers/cli.ts';
import { runMain, temporaryHome } from '../helpers/cli-in-process.ts';
import { deadRelayUrl } from '../helpers/dead-relay.ts';
import { Fixture } from '../helpers/fixture-server.ts';

/** With processes that start on a loaded machine. */
const PATIENCE = { timeout: 20_000, interval: 20 };
const fixture = new Fixture();
const book = new AccessBook();
let relay: Relay;
let server: NostrServer;
const opened: { close(): Promise<void> }[] = [];

const nowSeconds = (): number => Math.floor(Date.now() / 1_000);

async function open(create: McpServerFactory): Promise<NostrServer> {
  const signer = secretKeySigner(generateSecretKey());
  const one = await serve({ signer, relays: [relay.url], allow: accessPolicy(() => book) }, create);
  opened.push(one);
  return one;
}

beforeAll(async () => {
  relay = await startRelay();
  server = await open(fixture.create);
});

afterAll(async () => {
  for (const each of opened) await each.close();
  await relay.close();
});

/** An invite for one key. */
function invite(uses = 1): { code: string; link: string; redeemed: () => number } {
  const made = book.invite({ uses, expiresAt: nowSeconds() + 60 }, nowSeconds());
  const { code } = made;
  const redeemed = (): number =>
    book.invites.find(({ id }) => id === made.invite.id)?.redeemedBy.length ?? Number.NaN;
  return { code, link: `${server.address}?invite=${code}`, redeemed };
}

/** Every text that a run has left behind. */
function traces(home: string, ...ends: Ended[]): string {
  const files = readdirSync(home, { recursive: true, encoding: 'utf8' })
    .map((name) => join(home, name))
    .filter((path) => statSync(path).isFile());
  return [
    ...files.map((path) => readFileSync(path, 'utf8')),
    ...ends.flatMap(({ stdout, stderr }) => [stdout, stderr]),
  ].join('\n');
}

it('pairs once, and then the server is called by its name', async () => {
  const home = temporaryHome();
  const { code, link, redeemed } = invite();
  const stranger = await runMain(['call', server.address, '--json']);
  expect(stranger).toMatchObject({ exitCode: 3 });
  expect(stranger.stderr).toContain('invite_required');

  const paired = await runMain(['pair', link]);
  expect(paired.exitCode).toBe(0);
  expect(paired.stdout).toContain(`fixture is paired: ${formatNpub(parseAddress(server.address).pubkey)}`);
  expect(paired.stdout).toMatch(/fixture 1\.2\.3 · \d+ tools · knows you as npub1/);
  expect(paired.stderr).toContain('mcp-nostr install fixture ');
  expect(redeemed()).toBe(1);

  // It was lost on its way, perhaps: it does no harm again, in any form of the link.
  const again = await runMain(['pair', `https://inspect.example/#nostr:${link}`, '--json']);
  expect(again).toMatchObject({ exitCode: 0, stderr: '' });
  expect(JSON.parse(again.stdout)).toMatchObject({ name: 'fixture', wasPaired: true, key: 'client' });
  expect(redeemed()).toBe(1);

  const called = await runMain(['call', 'fixture', 'echo', 'text=hello', '--json']);
  expect(called).toMatchObject({ exitCode: 0 });
  expect(called.stdout).toContain('hello');
  expect(statSync(join(home, 'servers.json')).mode & 0o777).toBe(0o600);
  expect(traces(home, paired, again, called)).not.toContain(code);
});

it('gives the second server of a name another one, and refuses a name that is taken before anything is redeemed', async () => {
  const home = temporaryHome();
  await runMain(['pair', invite().link]);
  const other = await open(fixture.create);
  const { code, redeemed } = invite();
  const link = `${other.address}?invite=${code}`;
  // The book knows the other key already, and would use nothing up for it.
  const key = ['--key', join(home, 'other.key')];
  const taken = await runMain(['pair', link, ...key, '--name', 'fixture']);
  expect(taken).toMatchObject({ exitCode: 2 });
  expect(redeemed()).toBe(0);
  const { stdout } = await runMain(['pair', link, ...key, '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ name: 'fixture-2' });
  expect(redeemed()).toBe(1);
});

it('keeps the key by which the server knows us', async () => {
  const home = temporaryHome();
  const key = join(home, 'other.key');
  await runMain(['pair', invite().link, '--key', key, '--name', 'weather']);
  expect(await runMain(['call', 'weather', '--json'])).toMatchObject({ exitCode: 0 });
  expect(await runMain(['call', 'weather', '--json', '--key', join(home, 'third.key')])).toMatchObject({
    exitCode: 3,
  });
});

it('says that an invite is used up, and keeps nothing', async () => {
  temporaryHome();
  const { code, link } = invite();
  expect(await runMain(['pair', link])).toMatchObject({ exitCode: 0 });
  const home = temporaryHome();
  const late = await runMain(['pair', link, '--json']);
  expect(late).toMatchObject({ exitCode: 3, stdout: '' });
  expect(JSON.parse(late.stderr)).toMatchObject({ error: { code: 'invite_expired' } });
  expect(existsSync(join(home, 'servers.json'))).toBe(false);
  expect(traces(home, late)).not.toContain(code);
});

it('is paired though the program behind the server fails', async () => {
  temporaryHome();
  const broken = await open(() => {
    throw new Error('no disk');
  });
  const { code, redeemed } = invite();
  const ended = await runMain(['pair', `${broken.address}?invite=${code}`, '--name', 'broken']);
  expect(ended).toMatchObject({ exitCode: 0 });
  expect(ended.stdout).toContain('its program does not answer now');
  expect(redeemed()).toBe(1);
});

it.each([
  ['without an invite', 2, 'usage', 'there is no invite'],
  ['of a server that nobody runs', 6, 'timed_out', 'did not answer'],
  ['with a relay that is not there', 4, 'relays_unreachable', 'was not reached'],
])('a link %s ends with %i %s', async (what, exitCode, code, words) => {
  temporaryHome();
  const { code: secret, link } = invite();
  const nobody = formatNpub(await secretKeySigner(generateSecretKey()).getPublicKey());
  const links: Record<string, string[]> = {
    'without an invite': [server.address],
    'of a server that nobody runs': [`${nobody}?invite=${secret}`, '--relay', relay.url],
    'with a relay that is not there': [link, '--relay', await deadRelayUrl()],
  };
  // Long enough to learn that a relay is not there.
  const timeout = what === 'with a relay that is not there' ? '2' : '0.3';
  const ended = await runMain(['pair', ...(links[what] ?? []), '--timeout', timeout, '--json']);
  expect(ended).toMatchObject({ exitCode, stdout: '' });
  const { error } = JSON.parse(ended.stderr) as { error: unknown };
  expect(error).toMatchObject({ code, message: expect.stringContaining(words) });
  expect(ended.stderr).not.toContain(secret);
});

it('pairs with name@domain by a link on stdin, and calls nobody else whom the domain names later', async () => {
  const home = temporaryHome();
  const domain = await Domain.open();
  const { pubkey, relays } = parseAddress(server.address);
  domain.document = { names: { weather: pubkey }, relays: { [pubkey]: relays } };
  const name = `weather@${domain.host}`;
  const { code } = invite();
  const env = { MCP_NOSTR_HOME: home, NODE_EXTRA_CA_CERTS: certificateFile };
  const run = new CliRun(['pair', '--json'], env);
  // Its end need not be waited for.
  run.child.stdin.write(`\n  ${name}?invite=${code}\n`);
  const paired = await run.ended;
  expect(paired).toMatchObject({ exitCode: 0, stderr: '' });
  expect(JSON.parse(paired.stdout)).toMatchObject({ name: 'fixture', nip05: name });
  trustDomains();
  for (const known of [name, 'fixture'])
    expect(await runMain(['call', known, '--json'])).toMatchObject({ exitCode: 0 });
  const other = await secretKeySigner(generateSecretKey()).getPublicKey();
  domain.document = { names: { weather: other }, relays: { [other]: relays } };
  for (const known of [name, 'fixture']) {
    const refused = await runMain(['call', known, '--json']);
    expect(refused).toMatchObject({ exitCode: 7, stdout: '' });
    expect(JSON.parse(refused.stderr)).toMatchObject({ error: { code: 'pin_mismatch' } });
  }

  // A host is not kept waiting for a domain: it has the server that it had, and the log says what is wrong.
  const host = async (...options: string[]): Promise<{ client: Client; log: () => string }> => {
    const [command = '', ...args] = [...cliWords, 'connect', 'fixture', ...options];
    const stdio = new StdioClientTransport({ command, args, env: { ...env, PATH: '' }, stderr: 'pipe' });
    let log = '';
    stdio.stderr?.on('data', (text: Buffer) => (log += text.toString()));
    const client = new Client({ name: 'host', version: '1.0.0' });
    await client.connect(stdio);
    onTestFinished(() => client.close());
    return { client, log: () => log };
  };
  const call = { name: 'echo', arguments: { text: 'hello' } };
  const warned = await host();
  expect(await warned.client.callTool(call)).toMatchObject({ content: [{ text: 'hello' }] });
  await expect.poll(warned.log, PATIENCE).toContain(`and now names ${formatNpub(other)}`);
  const blocked = await host('--pins', 'block');
  await expect.poll(blocked.log, PATIENCE).toContain(`and now names ${formatNpub(other)}`);
  expect(await blocked.client.callTool(call)).toMatchObject({
    isError: true,
    content: [{ text: expect.stringContaining('--pins is block') }],
  });
  expect(traces(home, paired)).not.toContain(code);
});

it.runIf(process.platform === 'linux')(
  'hides a link that was an argument from who lists processes',
  async () => {
    const home = temporaryHome();
    const { code, link } = invite();
    const run = new CliRun(['pair', link, '--relay', await deadRelayUrl()], { MCP_NOSTR_HOME: home });
    const words = (): string => readFileSync(`/proc/${run.child.pid}/cmdline`, 'utf8');
    await expect.poll(words, PATIENCE).toMatch(/^mcp-nostr\0*$/);
    expect(words()).not.toContain(code);
    await run.stop();
  },
);

it('installs by an invite link: pairs, and writes an entry that works without the invite and without the book', async () => {
  const home = temporaryHome();
  const config = join(home, '.cursor', 'mcp.json');
  mkdirSync(join(home, '.cursor'));
  const { code, link, redeemed } = invite();
  const env = { HOME: home, MCP_NOSTR_HOME: home };
  const dry = await runMain(['install', link, '--dry-run']);
  expect(dry).toMatchObject({ exitCode: 2 });
  const bundled = await runMain(['install', link, '--mcpb', join(home, 'tools.mcpb')]);
  expect(bundled).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('the key of one machine') });
  // What cannot be installed does not use the invite up.
  const into = ['install', link, '--client', 'cursor', '--yes'];
  expect(await runMain([...into, '--', '--http'])).toMatchObject({ exitCode: 2 });
  vi.stubEnv('NOSTR_SECRET_KEY', '1'.repeat(64));
  expect(await runMain(into)).toMatchObject({ exitCode: 2 });
  vi.stubEnv('NOSTR_SECRET_KEY', undefined);
  expect(redeemed()).toBe(0);
  const ended = await new CliRun(['install', link, '--client', 'cursor', '--yes', '--json'], env).ended;
  expect(ended).toMatchObject({ exitCode: 0 });
  expect(JSON.parse(ended.stdout)).toMatchObject({
    hosts: [{ client: 'cursor', names: ['fixture'], change: 'add' }],
    started: { serverName: 'fixture' },
  });
  const text = readFileSync(config, 'utf8');
  expect(text).toContain(server.address);
  expect(traces(home, dry, bundled, ended)).not.toContain(code);
});
