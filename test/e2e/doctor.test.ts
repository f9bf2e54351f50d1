import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';

import {
  EPHEMERAL_GIFT_WRAP_KIND,
  formatAddress,
  formatNpub,
  generateSecretKey,
  RELAY_LIST_KIND,
  secretKeySigner,
} from '@mcp-nostr/core';
import { startRelay } from '@mcp-nostr/relay';
import { type Access, serve, type ServeOptions } from '@mcp-nostr/server';
import { RelayPool } from '@mcp-nostr/transport';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';

import { cliWords, root } from '../helpers/cli.ts';
import { runMain, temporaryHome } from '../helpers/cli-in-process.ts';
import { deadRelayUrl } from '../helpers/dead-relay.ts';
import { DualEraServer } from '../helpers/dual-era-server.ts';
import { Fixture } from '../helpers/fixture-server.ts';
import { openScriptedRelay } from '../helpers/scripted-relay.ts';

interface Shown {
  id: string;
  status: string;
  title: string;
  detail: string;
  hint?: string;
}

interface Diagnosis {
  exitCode: number | null;
  ok: boolean;
  checks: Shown[];
  stderr: string;
  /** The check of this id, which is there once. */
  check(id: string): Shown;
}

async function diagnose(...args: string[]): Promise<Diagnosis> {
  const { exitCode, stdout, stderr } = await runMain(['doctor', '--json', '--timeout', '2', ...args]);
  const { checks, ok } = JSON.parse(stdout) as { checks: Shown[]; ok: boolean };
  // Every red line says what to do, and no line holds a secret.
  for (const { status, hint } of checks) expect(status === 'ok' || hint).toBeTruthy();
  expect(stdout + stderr).not.toMatch(/nsec1|[^\w][0-9a-f]{64}\b/);
  const check = (id: string): Shown => {
    const found = checks.filter((each) => each.id === id);
    expect(found, `checks called ${id} in ${stdout}`).toHaveLength(1);
    return found[0] as Shown;
  };
  return { exitCode, ok, checks, stderr, check };
}

async function openRelay(limits = {}): Promise<string> {
  const relay = await startRelay({ limits });
  onTestFinished(() => relay.close());
  return relay.url;
}

async function openServer(
  relays: string[],
  allow: Access,
  create: Parameters<typeof serve>[1] = new Fixture().create,
): Promise<string> {
  const options: ServeOptions = { signer: secretKeySigner(generateSecretKey()), relays, allow };
  const server = await serve(options, create);
  onTestFinished(() => server.close());
  return server.address;
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const answering = (status: number): RequestListener => {
  return (_request, response) => void response.writeHead(status).end('{"hello":"world"}');
};

it('finds nothing wrong with a relay of ours, and measures it', async () => {
  temporaryHome();
  const { exitCode, ok, checks, check } = await diagnose(await openRelay());
  expect(checks.filter(({ status }) => status !== 'ok')).toEqual([]);
  expect(check('relay.reach').detail).toMatch(/^reached in \d+ ms \(TCP, WebSocket\)$/);
  expect(check('relay.document').detail).toBe('mcp-nostr 0.1.0');
  expect(check('relay.auth').detail).toBe('no AUTH');
  expect(check('relay.forwarding').detail).toMatch(/^forwards kind 21059 in \d+ ms, 25910 in \d+ ms$/);
  expect(check('relay.size').detail).toBe('131072 bytes cross (it says 524288)');
  expect(check('relay.age').detail).toBe('takes events 15 min old');
  expect(check('clock').detail).toContain('less than 1 s off');
  expect({ exitCode, ok }).toEqual({ exitCode: 0, ok: true });
});

it('says that nobody listens where a relay should be, and ends with 4', async () => {
  temporaryHome();
  const { exitCode, ok, check, stderr } = await diagnose(await deadRelayUrl());
  expect(check('relay.reach')).toMatchObject({
    status: 'fail',
    detail: expect.stringMatching(/^TCP: nobody listens on port \d+ of 127\.0\.0\.1$/),
  });
  expect({ exitCode, ok }).toEqual({ exitCode: 4, ok: false });
  expect(JSON.parse(stderr)).toEqual({
    error: { code: 'checks_failed', message: expect.stringMatching(/^1 of \d checks failed: relay\.reach$/) },
  });
});

it('says in words what is wrong with a certificate', async () => {
  temporaryHome();
  const folder = join(root, 'test/helpers/certificate');
  const [key, cert] = ['key.pem', 'certificate.pem'].map((name) => readFileSync(join(folder, name)));
  const port = await listen(createSecureServer({ key, cert }, answering(404)));
  const { exitCode, check } = await diagnose(`wss://localhost:${port}`);
  expect(check('relay.reach')).toMatchObject({
    status: 'fail',
    detail: expect.stringMatching(/^TLS: the certificate is signed by itself.*DEPTH_ZERO_SELF_SIGNED_CERT/),
    hint: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
  });
  expect(exitCode).toBe(4);
});

it('says so where TLS is asked of a port that has none', async () => {
  temporaryHome();
  const url = (await openRelay()).replace('ws://', 'wss://');
  const { check } = await diagnose(url);
  expect(check('relay.reach').detail).toMatch(/^TLS: there is no TLS on this port/);
  expect(check('relay.reach').hint).toContain('ws://');
});

it.each([
  [404, 'there is no relay at this address'],
  [503, 'the relay behind it is down'],
])('tells a web server that answers %i from a relay', async (status, words) => {
  temporaryHome();
  const port = await listen(createServer(answering(status)));
  const { exitCode, check } = await diagnose(`ws://127.0.0.1:${port}`);
  expect(check('relay.reach').detail).toBe(
    `WebSocket: the answer is HTTP ${status} and no WebSocket: ${words}`,
  );
  expect(exitCode).toBe(4);
});

it('does not wait for ever for a WebSocket that speaks no Nostr', async () => {
  temporaryHome();
  const server = createServer(answering(200));
  const webSockets = new WebSocketServer({ server });
  webSockets.on('connection', (socket) => socket.on('message', () => socket.send('{"hello":"world"}')));
  const port = await listen(server);
  onTestFinished(() => {
    for (const client of webSockets.clients) client.terminate();
  });
  const { exitCode, check } = await diagnose(`ws://127.0.0.1:${port}`, '--timeout', '0.3');
  expect(check('relay.traffic')).toMatchObject({ status: 'fail', detail: 'no answer within 0.3 s' });
  expect(exitCode).toBe(4);
});

it('gives the words of a relay that refuses what MCP sends', async () => {
  temporaryHome();
  const relay = await openScriptedRelay({ refusesEvents: 'blocked: kind not allowed' });
  const { exitCode, check } = await diagnose(relay.url);
  expect(check('relay.forwarding')).toMatchObject({
    status: 'fail',
    detail: `does not forward kind ${EPHEMERAL_GIFT_WRAP_KIND}: blocked: kind not allowed`,
    hint: 'use another relay: --relay <url>',
  });
  expect(exitCode).toBe(4);
});

it('finds out that a relay takes events and delivers none', async () => {
  temporaryHome();
  const relay = await openScriptedRelay({ copies: 0 });
  const { exitCode, check } = await diagnose(relay.url, '--timeout', '0.3');
  expect(check('relay.forwarding').detail).toContain('it was not delivered');
  expect(exitCode).toBe(4);
});

it('answers a demand for AUTH, and says that there was one', async () => {
  temporaryHome();
  const relay = await openScriptedRelay({ demandsAuth: ['REQ', 'EVENT'], sendsChallenge: 'after-refusal' });
  const { exitCode, check } = await diagnose(relay.url);
  expect(check('relay.auth').detail).toMatch(/^asks for AUTH and takes npub1/);
  expect(check('relay.forwarding').detail).toContain('forwards');
  expect(relay.log).toContain('AUTH ok');
  expect(exitCode).toBe(0);
});

it('says whom the operator of a relay has to admit, and ends with 3', async () => {
  temporaryHome();
  const relay = await openScriptedRelay({ demandsAuth: ['EVENT'], refusesAuth: 'restricted: members only' });
  const { exitCode, check } = await diagnose(relay.url);
  expect(check('relay.auth')).toMatchObject({
    status: 'fail',
    detail: expect.stringContaining('restricted: members only'),
    hint: expect.stringMatching(/^its operator can admit npub1\w{58}; or use another relay/),
  });
  expect(exitCode).toBe(3);
});

it('warns of a relay that cuts large events off, and of one that refuses what is a little old', async () => {
  temporaryHome();
  const cutting = await openScriptedRelay({ cutsAboveBytes: 20_000 });
  const first = await diagnose(cutting.url);
  expect(first.check('relay.size')).toMatchObject({
    status: 'warn',
    detail: expect.stringMatching(/^65536 bytes do not cross: the relay closed the connection/),
  });
  expect(first.exitCode).toBe(0);
  const strict = await diagnose(await openRelay({ maxEphemeralPastSeconds: 60 }));
  expect(strict.check('relay.age').detail).toBe('refuses events older than about 50 s');
});

it.each([
  [7_200_000, '2 h', 'behind'],
  [-7_200_000, '2 h', 'ahead of'],
])('takes a clock that is %i ms off for a failure', async (clockAheadMs, _, side) => {
  temporaryHome();
  const relay = await openScriptedRelay({ clockAheadMs });
  const { exitCode, check } = await diagnose(relay.url);
  expect(check('clock')).toMatchObject({
    status: 'fail',
    detail: expect.stringContaining(`${side} ${relay.url}`),
    hint: expect.stringContaining('one of the two is wrong'),
  });
  expect(exitCode).toBe(2);
});

it('only warns of a clock that costs a detour, and of a relay whose clock is wrong among others', async () => {
  temporaryHome();
  const slow = await openScriptedRelay({ clockAheadMs: 200_000 });
  const { exitCode, check } = await diagnose(slow.url);
  expect(check('clock').status).toBe('warn');
  expect(exitCode).toBe(0);
  const wrong = await openScriptedRelay({ clockAheadMs: 7_200_000 });
  const relays = [await openRelay(), wrong.url, await openRelay()].flatMap((url) => ['--relay', url]);
  const among = await diagnose(...relays);
  expect(among.check('clock').status).toBe('ok');
  expect(among.check('relay.clock')).toMatchObject({ status: 'warn', title: wrong.url });
});

it('gets to know a server in both eras of MCP', async () => {
  temporaryHome();
  const address = await openServer([await openRelay()], 'public', new DualEraServer().create);
  const { exitCode, check } = await diagnose(address);
  expect(check('server.eras').detail).toMatch(/2025-11-25.*2026-07-28/);
  expect(check('server.reach').detail).toMatch(/ answered in \d+ ms, and then in \d+ ms$/);
  expect(check('server.tools').detail).toMatch(/^[1-9]\d* tools?$/);
  expect(check('server.access').detail).toMatch(/^serves npub1/);
  expect(exitCode).toBe(0);
});

it('says that a server does not serve this key, and with what its owner changes that', async () => {
  temporaryHome();
  const stranger = await secretKeySigner(generateSecretKey()).getPublicKey();
  const address = await openServer([await openRelay()], [stranger]);
  const { exitCode, check } = await diagnose(address);
  expect(check('server.access')).toMatchObject({
    status: 'fail',
    hint: expect.stringMatching(/mcp-nostr serve --allow npub1\w{58}$/),
  });
  expect(exitCode).toBe(3);
  // It is the key that the next command will have, too.
  expect(check('key').detail).toContain('made at the first use');
  const next = await diagnose(address);
  expect(check('server.access').hint).toContain(/npub1\w{58}/.exec(next.check('key').detail)?.[0]);
});

it('tells a server that is silent from a relay that works', async () => {
  temporaryHome();
  const pubkey = await secretKeySigner(generateSecretKey()).getPublicKey();
  const relay = await openRelay();
  const address = formatAddress({ pubkey, relays: [relay] });
  const { exitCode, check } = await diagnose(address, '--timeout', '0.5');
  expect(check('server.reach')).toMatchObject({ status: 'fail', hint: expect.stringContaining('running') });
  expect(check('relay.forwarding')).toMatchObject({ status: 'ok', title: relay });
  expect(exitCode).toBe(4);
});

it('only warns of a relay that is down where another works', async () => {
  temporaryHome();
  const [relay, dead] = [await openRelay(), await deadRelayUrl()];
  const { exitCode, check, checks } = await diagnose('--relay', dead, '--relay', relay);
  expect(checks.find(({ title }) => title === dead)).toMatchObject({
    id: 'relay.reach',
    status: 'warn',
    detail: expect.stringContaining('nobody listens'),
  });
  expect(check('relay.forwarding').title).toBe(relay);
  expect(exitCode).toBe(0);
});

it('compares an address with the relay list that its server has published', async () => {
  temporaryHome();
  const signer = secretKeySigner(generateSecretKey());
  const pubkey = await signer.getPublicKey();
  const [relay, other] = [await openRelay(), await openRelay()];
  const server = await serve({ signer, relays: [relay], allow: 'public' }, new Fixture().create);
  onTestFinished(() => server.close());
  const publishList = async (urls: string[], created_at: number): Promise<void> => {
    const pool = new RelayPool({ relays: [relay] });
    const tags = urls.map((url) => ['r', url]);
    await pool.publish(await signer.signEvent({ kind: RELAY_LIST_KIND, created_at, tags, content: '' }));
    pool.close();
  };
  const bare = await diagnose(formatNpub(pubkey), '--relay', relay);
  expect(bare.check('address').detail).toContain(relay);
  const now = Math.floor(Date.now() / 1000);
  await publishList([relay], now - 10);
  expect((await diagnose(server.address)).check('address').detail).toContain(
    "as the server's relay list does",
  );
  await publishList([relay, other], now);
  expect((await diagnose(server.address)).check('address')).toMatchObject({
    status: 'warn',
    hint: expect.stringContaining(formatAddress({ pubkey, relays: [relay, other] })),
  });
});

it('ends with 2 for a key file that others can read, and goes on to the relays', async () => {
  const home = temporaryHome();
  mkdirSync(join(home, 'keys'));
  writeFileSync(join(home, 'keys', 'client.key'), `${'1'.repeat(64)}\n`);
  chmodSync(join(home, 'keys', 'client.key'), 0o644);
  const { exitCode, check } = await diagnose('--relay', await openRelay());
  expect(check('relay.forwarding').status).toBe('ok');
  const { checks } = await diagnose('--relay', await openRelay());
  expect(checks.find(({ id, status }) => id === 'key' && status === 'fail')).toMatchObject({
    detail: expect.stringContaining('other users can get at'),
    hint: expect.stringContaining('chmod 600'),
  });
  expect(exitCode).toBe(2);
});

it('starts what stands in the configuration of a host as the host does', async () => {
  const home = temporaryHome();
  const address = await openServer([await openRelay()], 'public');
  mkdirSync(join(home, '.cursor'));
  const [command, ...words] = cliWords.map((word) =>
    word.startsWith('packages/') ? join(root, word) : word,
  );
  const mcpServers = {
    fixture: { command, args: [...words, 'connect', address] },
    gone: { command: '/nowhere/node', args: ['mcp-nostr', 'connect', address] },
    foreign: { command: '/nowhere/else', args: [] },
  };
  writeFileSync(join(home, '.cursor', 'mcp.json'), `// mine\n${JSON.stringify({ mcpServers })}`);
  const { exitCode, check, checks } = await diagnose('cursor');
  expect(check('host.config').detail).toContain('fixture, gone in ');
  expect(check('host.start').detail).toMatch(/^fixture: fixture 1\.2\.3 answered the host in /);
  expect(check('host.command')).toMatchObject({
    status: 'fail',
    detail: expect.stringContaining('/nowhere/node'),
    hint: expect.stringContaining('mcp-nostr install'),
  });
  expect(JSON.stringify(checks)).not.toContain('foreign');
  expect(exitCode).toBe(2);
});

it('says where in a host’s configuration the mistake is', async () => {
  const home = temporaryHome();
  mkdirSync(join(home, '.codex'));
  writeFileSync(join(home, '.codex', 'config.toml'), '[mcp_servers.a]\ncommand = \n');
  mkdirSync(join(home, '.cursor'));
  writeFileSync(join(home, '.cursor', 'mcp.json'), '{\n  "mcpServers": {,\n}');
  const [codex, cursor] = [await diagnose('codex'), await diagnose('cursor')];
  expect(codex.check('host.config')).toMatchObject({ status: 'fail', title: 'codex' });
  expect(cursor.check('host.config').detail).toContain('line 2');
  expect([codex.exitCode, cursor.exitCode]).toEqual([2, 2]);
});

it('is lines for people without --json, a fault with its cause and what to do', async () => {
  temporaryHome();
  const { stdout, stderr, exitCode } = await runMain(['doctor', await deadRelayUrl()]);
  expect(stdout).toMatch(/^ {2}✓ node +\d+\./m);
  expect(stdout).toMatch(/^ {2}✗ ws:\S+ +TCP: nobody listens.*\n +→ is the relay running/m);
  expect(stderr).toMatch(/^error: 1 of \d checks failed/);
  expect(exitCode).toBe(4);
});
