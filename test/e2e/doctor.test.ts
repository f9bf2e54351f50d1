import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  formatAddress,
  formatNpub,
  generateSecretKey,
  RELAY_LIST_KIND,
  secretKeySigner,
} from '@mcp-nostr/core';
import { type Access, serve, type ServeOptions } from '@mcp-nostr/server';
import { RelayPool } from '@mcp-nostr/transport';
import { expect, it, onTestFinished, vi } from 'vitest';

import { cliWords } from '../helpers/cli.ts';
import { runMain, temporaryHome } from '../helpers/cli-in-process.ts';
import { deadRelayUrl } from '../helpers/dead-relay.ts';
import { diagnose, openRelay } from '../helpers/diagnose.ts';
import { DualEraServer } from '../helpers/dual-era-server.ts';
import { Fixture } from '../helpers/fixture-server.ts';
import { inTurns } from '../helpers/in-turns.ts';

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

it('gets to know a server in both eras of MCP', async () => {
  temporaryHome();
  const address = await openServer([await openRelay()], 'public', new DualEraServer().create);
  const { exitCode, check } = await diagnose(address);
  expect(check('server.eras').detail).toMatch(/2025-11-25.*2026-07-28/);
  expect(check('server.reach').detail).toMatch(/ answered in [\d.]+ m?s, and then in [\d.]+ m?s$/);
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
    hint: expect.stringMatching(/: mcp-nostr allow npub1\w{58}$/),
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
  const { exitCode, check } = await inTurns(() => diagnose(address, '--timeout', '2'));
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
  const [command, ...words] = cliWords;
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

it('does not take what a host is answered from memory for a server, nor from another one', async () => {
  const home = temporaryHome();
  const here = await openServer([await openRelay()], 'public');
  const pubkey = await secretKeySigner(generateSecretKey()).getPublicKey();
  const address = formatAddress({ pubkey, relays: [await deadRelayUrl()] });
  mkdirSync(join(home, '.cursor'));
  const [command, ...words] = cliWords;
  const servers = [`here=${here}`, `away=${address}`, '--deny-prompt', '*'];
  const mcpServers = { both: { command, args: [...words, 'connect', ...servers] } };
  writeFileSync(join(home, '.cursor', 'mcp.json'), JSON.stringify({ mcpServers }));
  const { exitCode, check } = await diagnose('cursor');
  expect(check('host.start')).toMatchObject({ status: 'ok' });
  expect(check('host.server')).toMatchObject({
    status: 'fail',
    detail: expect.stringMatching(/^both: the server away was not reached: /),
    hint: `mcp-nostr doctor ${address}`,
  });
  expect(exitCode).toBe(4);
});

it('knows that a host with a window has not the PATH of a shell', async () => {
  const home = temporaryHome();
  mkdirSync(join(home, 'bin'));
  writeFileSync(join(home, 'bin', 'mcp-nostr'), '#!/bin/sh\n', { mode: 0o755 });
  vi.stubEnv('PATH', `${join(home, 'bin')}:${process.env['PATH']}`);
  mkdirSync(join(home, '.cursor'));
  const mcpServers = { short: { command: 'mcp-nostr', args: ['connect', 'f'.repeat(64)] } };
  writeFileSync(join(home, '.cursor', 'mcp.json'), JSON.stringify({ mcpServers }));
  const { exitCode, check } = await diagnose('cursor');
  expect(check('host.command').detail).toContain('is on the PATH of this shell');
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
