import {
  formatAddress,
  formatNpub,
  generateSecretKey,
  getPublicKey,
  secretKeySigner,
  signEvent,
} from '@mcp-nostr/core';
import { announcementTemplates } from '@mcp-nostr/core/contextvm';
import { type Relay, startRelay } from '@mcp-nostr/relay';
import { type Announced, type NostrServer, serve, type ServeOptions } from '@mcp-nostr/server';
import { RelayPool } from '@mcp-nostr/transport';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { BareServer } from '../helpers/bare-server.ts';
import { runMain, temporaryHome } from '../helpers/cli-in-process.ts';
import { DualEraServer } from '../helpers/dual-era-server.ts';
import { inTurns } from '../helpers/in-turns.ts';
import { Recorder } from '../helpers/recorder.ts';

let relay: Relay;
let announced: NostrServer;
let quiet: NostrServer;
const goneKey = generateSecretKey();
const gone = getPublicKey(goneKey);

async function open(options: Partial<ServeOptions> = {}): Promise<NostrServer> {
  const signer = secretKeySigner(generateSecretKey());
  return serve({ signer, relays: [relay.url], allow: 'public', ...options }, new DualEraServer().create);
}

/** One that has left its announcement behind, with what a terminal must not see. */
async function leaveBehind(): Promise<void> {
  const templates = announcementTemplates(
    {
      initialize: {
        protocolVersion: '2025-11-25',
        capabilities: {},
        serverInfo: { name: 'gone', version: '1' },
      },
      introduction: { name: 'Gone \u001b[2J', about: 'it was here\u202e' },
      support: { encryption: true },
      lists: { tools: [{ name: 'vanish\u0007', description: 'away\u001b]0;x', inputSchema: {} }] },
    },
    Math.floor(Date.now() / 1_000) - 60,
  );
  const pool = new RelayPool({ relays: [relay.url] });
  await Promise.all(templates.map((template) => pool.publish(signEvent(template, goneKey))));
  pool.close();
}

beforeAll(async () => {
  relay = await startRelay();
  const posted = new Recorder<Announced>('an announcement');
  const announce = { name: 'Weather', about: 'rain and snow' };
  announced = await open({ announce, onannounced: posted.add });
  quiet = await open({ allow: [] });
  await Promise.all([posted.next(), leaveBehind()]);
});
afterAll(async () => {
  await Promise.all([announced.close(), quiet.close()]);
  await relay.close();
});
beforeEach(() => void temporaryHome());

// oxlint-disable-next-line no-control-regex -- they are what it is about
const obeyed = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;

describe('discover', () => {
  it('lists who announces itself, for people', async () => {
    const { exitCode, stdout, stderr } = await runMain(['discover', '--relay', relay.url]);
    expect(exitCode).toBe(0);
    expect(stdout.split('\n').map((line) => line.replace(/\d+ min ago/, 'then'))).toEqual([
      expect.stringMatching(/^Weather {3}\d+ tools · (now|then)$/),
      '  rain and snow',
      `  ${announced.address}`,
      '',
      'Gone [2J  1 tool · then',
      '  it was here',
      `  ${formatAddress({ pubkey: gone, relays: [relay.url] })}`,
      '',
      '',
    ]);
    expect(stderr).toContain('2 servers on 1 relay; anybody can announce anything');
    expect(stdout).not.toMatch(obeyed);
  });

  it('says for programs, a line each, who answers now, those first', async () => {
    const words = ['discover', '--alive', '--json', '--relay', relay.url, '--timeout', '2'];
    const { exitCode, stdout } = await inTurns(() => runMain(words));
    expect(exitCode).toBe(0);
    expect(stdout).not.toMatch(obeyed);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(lines).toMatchObject([
      { npub: announced.npub, alive: true, support: { encryption: true }, name: 'Weather' },
      { npub: formatNpub(gone), alive: false, answer: { code: 'server_silent' } },
    ]);
  });

  it('finds by words, and says what to try where nothing fits', async () => {
    const found = await runMain(['discover', 'SNOW', 'weather', '--relay', relay.url]);
    expect(found.stdout).toContain(announced.address);
    expect(found.stdout).not.toContain('Gone');
    const { exitCode, stdout, stderr } = await runMain(['discover', 'sun', 'moon', '--relay', relay.url]);
    expect([exitCode, stdout]).toEqual([4, '']);
    expect(stderr).toContain(`no server about sun moon is announced on ${relay.url}`);
    expect(stderr).toContain('fewer words find more');
  });

  it('says which relay was not reached, and fails when none was', async () => {
    const dead = 'ws://127.0.0.1:1';
    const half = await runMain(['discover', '--relay', relay.url, '--relay', dead]);
    expect(half.exitCode).toBe(0);
    expect(half.stderr).toContain(`── ${dead}: `);
    const none = await runMain(['discover', '--relay', dead, '--json']);
    expect(none.exitCode).toBe(4);
    expect(JSON.parse(none.stderr)).toMatchObject({ error: { code: 'relays_unreachable' } });
  });

  it('wants a whole hash', async () => {
    const { exitCode, stderr } = await runMain(['discover', '--schema', 'abc', '--relay', relay.url]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--schema takes the hash of a tool: 64 hex characters');
  });
});

describe('info', () => {
  it('shows what a server announces and what it answers', async () => {
    const { exitCode, stdout } = await runMain(['info', announced.npub, '--relay', relay.url]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^Weather\n {2}rain and snow\n/);
    expect(stdout).toContain(`  address     ${announced.address}\n`);
    expect(stdout).toMatch(/ {2}announced {3}(now|\d min ago), on ws:/);
    expect(stdout).toMatch(/ {2}answers {5}in [\d.]+ m?s\n/);
    expect(stdout).toMatch(/ {2}speaks {6}MCP 2025-\S+ over a link\n {2}encryption {2}yes\n/);
    expect(stdout).toMatch(/\n {4}echo/);
  });

  it('asks a server that announces nothing, and says that it refuses', async () => {
    const { exitCode, stdout } = await runMain(['info', quiet.address, '--json']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      npub: quiet.npub,
      alive: true,
      failure: { code: 'not_allowed' },
      announcement: null,
    });
  });

  it.each([
    ['busy', { code: -31_006, message: 'try later', data: { code: 'busy' } }],
    ['unexpected', { code: -32_603, message: 'it broke' }],
  ])('takes an error of the server for an answer: %s', async (code, error) => {
    const server = await BareServer.open();
    server.onrequest = () => ({ error });
    const address = formatAddress({ pubkey: server.pubkey, relays: [server.url] });
    const { exitCode, stdout } = await inTurns(() => runMain(['info', address, '--json', '--timeout', '1']));
    expect(JSON.parse(stdout)).toMatchObject({ alive: true, failure: { code, message: error.message } });
    expect(exitCode).toBe(0);
  });

  it('shows the announcement of a server that does not answer, and fails', async () => {
    const silent = await inTurns(() => runMain(['info', gone, '--relay', relay.url, '--timeout', '1.5']));
    expect(silent.exitCode).toBe(6);
    expect(silent.stdout).toContain('vanish');
    expect(silent.stdout).not.toMatch(obeyed);
    expect(silent.stderr).toContain('the server has not answered');
    const nobody = await inTurns(() =>
      runMain(['info', 'f'.repeat(64), '--relay', relay.url, '--timeout', '0.3', '--json']),
    );
    expect([nobody.exitCode, nobody.stdout]).toEqual([6, '']);
  });
});
