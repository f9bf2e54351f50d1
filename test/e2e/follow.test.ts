import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { formatAddress, formatNpub, parseAddress, type Signer, successorTemplate } from '@mcp-nostr/core';
import { type Relay, startRelay } from '@mcp-nostr/relay';
import {
  AccessBook,
  accessPolicy,
  type NostrServer,
  serve as serveLibrary,
  type ServeOptions,
} from '@mcp-nostr/server';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';

import { checkServer } from '../../packages/cli/src/doctor/server-checks.ts';
import { openSigner } from '../../packages/cli/src/keys/open-signer.ts';
import { rotateKey } from '../../packages/cli/src/keys/rotate.ts';
import { runMain, temporaryHome } from '../helpers/cli-in-process.ts';
import { CliRun, cliWords, type Ended, root } from '../helpers/cli.ts';
import { serverOf } from '../helpers/host-clients.ts';
import { Recorder } from '../helpers/recorder.ts';
import { newSigner } from '../helpers/world.ts';

const everything = join(
  createRequire(import.meta.url).resolve('@modelcontextprotocol/server-everything/package.json'),
  '../dist/index.js',
);

let relay: Relay;
let home: string;

beforeEach(async () => {
  relay = await startRelay();
  home = temporaryHome();
  onTestFinished(() => relay.close());
});

/** What the person reads on stderr. */
const failed = (code: number, words: RegExp) => ({ exitCode: code, stderr: expect.stringMatching(words) });

/** A server under its present key, which answers on its former one. */
async function answering(
  former: Signer,
  present: Signer,
  options: Partial<ServeOptions> = {},
): Promise<NostrServer> {
  const statement = await former.signEvent(
    successorTemplate({
      former: await former.getPublicKey(),
      successor: { pubkey: await present.getPublicKey(), relays: [relay.url] },
      announcedAt: Math.floor(Date.now() / 1_000),
    }),
  );
  const predecessors = [{ signer: former, statement, isPublished: true }];
  const where = { signer: present, relays: [relay.url], predecessors };
  const server = await serveLibrary({ allow: 'public', ...where, ...options }, serverOf('tool'));
  onTestFinished(() => server.close());
  return server;
}

describe('a server whose key was rotated', () => {
  it(
    'is followed by who has agreed to it, with an unchanged entry of a host',
    { timeout: 60_000 },
    async () => {
      const serverHome = mkdtempSync(join(tmpdir(), 'mcp-nostr-server-'));
      onTestFinished(() => rmSync(serverHome, { recursive: true }));
      const serverEnv = { MCP_NOSTR_HOME: serverHome };
      const { signer } = await openSigner({ role: 'server', env: serverEnv });
      const call = (address: string): Promise<Ended> => runMain(['call', address, 'echo', 'message=hi']);

      const before = await serveLibrary({ signer, relays: [relay.url], allow: 'public' }, serverOf('echo'));
      await runMain(['alias', 'add', 'every', before.address]);
      // Its host starts it while the server still has its former key.
      const [command = '', ...words] = cliWords;
      const env = { PATH: process.env['PATH'] ?? '', MCP_NOSTR_HOME: home };
      const args = [...words, 'connect', before.address];
      const host = new Client({ name: 'host', version: '1.0.0' });
      const transport = new StdioClientTransport({ command, args, cwd: root, env, stderr: 'pipe' });
      const log = new Recorder<string>('a line of the log');
      transport.stderr?.on('data', (data: Buffer) => log.add(data.toString()));
      await host.connect(transport);
      onTestFinished(() => host.close());
      const echo = async (): Promise<string> => {
        const { content } = await host.callTool({ name: 'echo', arguments: { message: 'hi' } });
        return (content as { text: string }[])[0]?.text ?? '';
      };
      expect(await echo()).toBe('echo');

      await before.close();
      await rotateKey({ name: 'server', env: serverEnv });
      const serve = ['serve', '--public', '--json', '--relay', relay.url, '--', process.execPath, everything];
      const run = new CliRun([...serve, 'stdio'], serverEnv);
      onTestFinished(async () => void (await run.stop()));
      const after = { address: String((await run.event('ready'))['address']) };
      const [former, npub] = [before, after].map(({ address }) => formatNpub(parseAddress(address).pubkey));
      expect(npub).not.toBe(former);

      const command1 = new RegExp(`mcp-nostr follow ${before.address} ${npub}`);
      expect(await call(before.address)).toMatchObject(failed(7, command1));
      expect(await echo()).toMatch(
        new RegExp(`has another key since .*mcp-nostr follow ${before.address} ${npub}`),
      );
      expect(await runMain(['follow', before.address])).toMatchObject(failed(7, command1));
      const other = await runMain(['follow', before.address, String(former)]);
      expect(other).toMatchObject(failed(7, /names npub1\w+ as the key that follows it, and not/));

      const followed = await runMain(['follow', 'every', String(npub), '--json']);
      expect(JSON.parse(followed.stdout)).toEqual({ former, npub, followed: true });
      expect(await call(before.address)).toMatchObject({ exitCode: 0, stdout: 'Echo: hi\n' });
      // The process that the host has started goes there too.
      await log.first((line) => line.includes('a person has agreed'));
      expect(await echo()).toBe('Echo: hi');
      const book = readFileSync(join(home, 'servers.json'), 'utf8');
      expect(book).toContain(parseAddress(after.address).pubkey);
      expect(book).not.toContain(parseAddress(before.address).pubkey);
      const pins = await runMain(['pins', 'show', after.address, '--json']);
      // The server says other things of itself under its new key: what was pinned is held against them.
      expect(JSON.parse(pins.stdout)).toMatchObject({ npub, instructions: { state: 'changed' } });
    },
  );
});

describe('a former key that somebody has stolen', () => {
  it('does not lead to another key than the one it named first', async () => {
    const [former, present, thief] = [newSigner(), newSigner(), newSigner()];
    const address = formatNpub(await former.getPublicKey());
    const follow = (...more: string[]): Promise<Ended> =>
      runMain(['follow', address, '--relay', relay.url, ...more]);
    const owner = await answering(former, present);
    expect(await follow()).toMatchObject(failed(7, /has another key since/));
    await owner.close();
    // The statement that was published is found though nobody is there.
    const unheard = await follow('--timeout', '1');
    expect(unheard).toMatchObject(failed(7, new RegExp(owner.npub)));
    const other = await answering(former, thief);
    const words = new RegExp(`named ${owner.npub} as the key that follows it .* and now names ${other.npub}`);
    expect(await follow()).toMatchObject(failed(7, words));
    expect(await follow(owner.npub)).toMatchObject(failed(7, /and not npub1/));
    // Who has asked the owner can say so all the same.
    expect(await follow(other.npub)).toMatchObject({ exitCode: 0 });
    expect((await runMain(['follow', other.address])).stdout).toMatch(/has no other key/);
  });
});

describe('an invite to a former key', () => {
  it('lets in there, and counts for the key that is followed', async () => {
    const [former, present] = [newSigner(), newSigner()];
    const book = new AccessBook();
    const server = await answering(former, present, { allow: accessPolicy(() => book) });
    const address = formatAddress({ pubkey: await former.getPublicKey(), relays: [relay.url] });
    const now = Math.floor(Date.now() / 1_000);
    const { code } = book.invite({ uses: 1, expiresAt: now + 60 }, now);
    expect(await runMain(['call', address])).toMatchObject(failed(3, /invite/));
    const pair = (): Promise<Ended> => runMain(['pair', `${address}?invite=${code}`, '--name', 'tools']);
    const command = `mcp-nostr follow ${address} ${server.npub}`;
    const unheard = await pair();
    expect(unheard).toMatchObject(failed(7, new RegExp(command)));
    expect(unheard.stderr).not.toContain(code);

    const key = await openSigner({ role: 'client' });
    const { signer } = key;
    const limits = { timeoutMs: 5_000, signal: new AbortController().signal };
    const checks = await checkServer({
      address,
      relays: [relay.url],
      pubkey: await former.getPublicKey(),
      key,
      encryption: 'required',
      ...limits,
    });
    expect(checks).toMatchObject([{ id: 'server.moved', status: 'fail', hint: command, exitCode: 7 }]);

    expect(await runMain(['follow', address, server.npub])).toMatchObject({ exitCode: 0 });
    expect(await pair()).toMatchObject({ exitCode: 0 });
    expect(await runMain(['call', 'tools', 'tool'])).toMatchObject({ exitCode: 0, stdout: 'tool\n' });
    expect(book.invites).toMatchObject([{ redeemedBy: [await signer.getPublicKey()] }]);
  });
});
