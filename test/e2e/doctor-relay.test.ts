import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';

import { EPHEMERAL_GIFT_WRAP_KIND } from '@mcp-nostr/core';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';

import { root } from '../helpers/cli.ts';
import { temporaryHome } from '../helpers/cli-in-process.ts';
import { deadRelayUrl } from '../helpers/dead-relay.ts';
import { diagnose, openRelay } from '../helpers/diagnose.ts';
import { inTurns } from '../helpers/in-turns.ts';
import { openScriptedRelay } from '../helpers/scripted-relay.ts';

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
  const key = join(temporaryHome(), 'a.key');
  writeFileSync(key, `${'1'.repeat(64)}\n`, { mode: 0o600 });
  const url = await openRelay();
  await diagnose(url, '--key', key);
  // At once again: the relay must take what it is sent for something new.
  const { exitCode, ok, checks, check } = await diagnose(url, '--key', key);
  expect(checks.filter(({ status }) => status !== 'ok')).toEqual([]);
  expect(check('relay.reach').detail).toMatch(/^reached in [\d.]+ m?s \(TCP, WebSocket\)$/);
  expect(check('relay.document').detail).toBe('mcp-nostr 0.1.0');
  expect(check('relay.auth').detail).toBe('no AUTH');
  expect(check('relay.forwarding').detail).toMatch(
    /^forwards kind 21059 in [\d.]+ m?s, 25910 in [\d.]+ m?s$/,
  );
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
  const { exitCode, check } = await inTurns(() => diagnose(`ws://127.0.0.1:${port}`, '--timeout', '0.3'));
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
  const { exitCode, check } = await inTurns(() => diagnose(relay.url, '--timeout', '0.3'));
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
