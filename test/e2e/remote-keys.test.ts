import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createSession } from '@mcp-nostr/client';
import { formatNpub, GRANT_KIND, type NostrEvent, tagValue } from '@mcp-nostr/core';
import { afterAll, describe, expect, it, vi } from 'vitest';

import { checkServerSigner } from '../../packages/cli/src/keys/remote/check-server-signer.ts';
import { openSigner } from '../../packages/cli/src/keys/open-signer.ts';
import { runMain, temporaryHome } from '../helpers/cli-in-process.ts';
import { Fixture } from '../helpers/fixture-server.ts';
import { Recorder } from '../helpers/recorder.ts';
import { newSigner, sharedWorld } from '../helpers/world.ts';
import { Bunker, BunkerProcess } from '../remote-signer/bunker.ts';

const bunkerProcess = new BunkerProcess();
afterAll(() => bunkerProcess.end());
const world = sharedWorld({ name: 'encrypted, one relay', encryption: 'required', relayCount: 1 });

/** A signer, and a folder of this test's own. */
async function openBunker() {
  const home = temporaryHome();
  const [relay = ''] = world.relayUrls;
  const bunker = new Bunker(bunkerProcess, relay);
  const address = await bunker.open();
  const secret = /secret=(\w+)/.exec(address)?.[1] ?? '';
  expect(secret).toHaveLength(16);
  return { home, bunker, address, secret };
}

/** As it was called by the server. */
async function callAs(key: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runMain([
    'call',
    world.server.address,
    'who',
    ...key,
    '--json',
    '--pins',
    'off',
  ]);
  expect(exitCode).toBe(0);
  // On a loaded machine an approval takes so long that the person is told.
  expect(['', 'mcp-nostr: waiting for your remote signer to approve the session\n']).toContain(stderr);
  return stdout;
}

describe('a key that a remote signer holds', () => {
  it('is imported by its address, and approves one session for all calls of a day', async () => {
    const { home, bunker, address, secret } = await openBunker();
    writeFileSync(join(home, 'address'), `${address}\n`);
    const npub = formatNpub(bunker.pubkey);
    const imported = await runMain(['key', 'import', 'mine', '--file', join(home, 'address'), '--json']);
    const path = join(home, 'keys', 'mine.bunker');
    expect(JSON.parse(imported.stdout)).toEqual({ name: 'mine', npub, store: 'bunker', path });
    expect(bunker.permissions).toEqual([`sign_event:${GRANT_KIND}`]);

    expect(await callAs(['--key', 'mine'])).toContain(bunker.pubkey);
    expect(await callAs(['--key', 'mine'])).toContain(bunker.pubkey);
    await runMain(['key', 'use', 'mine']);
    expect(await callAs([])).toContain(bunker.pubkey);
    expect(bunker.signedKinds).toEqual([GRANT_KIND]);

    const [session = ''] = readdirSync(join(home, 'sessions'));
    expect(session).toBe(`${bunker.pubkey}-${world.server.pubkey}.json`);
    for (const each of [path, join(home, 'sessions', session)])
      expect(statSync(each).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).not.toContain(secret);

    const listed = await runMain(['key', 'list']);
    expect(listed.stdout).toContain(`mine  ${npub}  remote signer  used by connect, call`);
    const exported = await runMain(['key', 'export', 'mine', '--unencrypted', '--yes']);
    expect(exported.exitCode).toBe(2);
    expect(exported.stderr).toContain('is with its remote signer');
    await runMain(['key', 'rm', 'mine', '--yes']);
    expect(readdirSync(join(home, 'sessions'))).toEqual([]);
  });

  it('approves a session for as long as the command says, and no longer than servers take', async () => {
    const { home, bunker, address } = await openBunker();
    writeFileSync(join(home, 'address'), address);
    await runMain(['key', 'import', 'mine', '--file', join(home, 'address')]);
    await callAs(['--key', 'mine', '--session', '8h']);
    const path = join(home, 'sessions', `${bunker.pubkey}-${world.server.pubkey}.json`);
    const { grant } = JSON.parse(readFileSync(path, 'utf8')) as { grant: NostrEvent };
    expect(Number(tagValue(grant, 'expiration')) - grant.created_at).toBe(8 * 3_600);
    const tooLong = await runMain(['call', world.server.address, '--session', '31d']);
    expect(tooLong.exitCode).toBe(2);
    expect(tooLong.stderr).toContain('servers take no more than 30 days');
  });

  it('asks for another session when the one that is kept is none of this identity, or over', async () => {
    const { home, bunker, address } = await openBunker();
    writeFileSync(join(home, 'address'), address);
    await runMain(['key', 'import', 'mine', '--file', join(home, 'address')]);
    await callAs(['--key', 'mine']);
    const path = join(home, 'sessions', `${bunker.pubkey}-${world.server.pubkey}.json`);
    const kept = JSON.parse(readFileSync(path, 'utf8')) as { grant: { tags: string[][] } };
    const other = await createSession(newSigner(), world.server.address);
    const ofAnother = {
      version: 1,
      secretKey: Buffer.from(other.secretKey).toString('hex'),
      grant: other.grant,
    };
    const tags = kept.grant.tags.map((tag) => (tag[0] === 'expiration' ? ['expiration', '9999999999'] : tag));
    for (const text of [
      '{',
      '{"version":1}',
      JSON.stringify({ ...kept, grant: { ...kept.grant, tags } }),
      JSON.stringify(ofAnother),
    ]) {
      writeFileSync(path, text);
      expect(await callAs(['--key', 'mine'])).toContain(bunker.pubkey);
    }
    expect(bunker.signedKinds).toHaveLength(5);
  });

  it('is given to a container by a variable, which is used once and then known', async () => {
    const { home, bunker, address, secret } = await openBunker();
    for (let run = 0; run < 2; run++) {
      vi.stubEnv('MCP_NOSTR_BUNKER', address);
      expect(await callAs([])).toContain(bunker.pubkey);
      expect(process.env['MCP_NOSTR_BUNKER']).toBeUndefined();
    }
    expect(bunker.messages.items.filter(({ type }) => type === 'connected')).toHaveLength(1);
    expect(bunker.signedKinds).toEqual([GRANT_KIND]);
    const [file = ''] = readdirSync(join(home, 'keys', 'bunkers'));
    const path = join(home, 'keys', 'bunkers', file);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).not.toContain(secret);
    expect(file).not.toContain(secret);
  });

  it('serves where its signer was asked for that, and says what is missing where it was not', async () => {
    const { home, bunker, address } = await openBunker();
    writeFileSync(join(home, 'address'), address);
    const imported = ['key', 'import', 'mine', '--file', join(home, 'address')];
    await runMain([...imported, '--for', 'server']);
    const key = await openSigner({ given: 'mine', role: 'server' });
    world.onclose(() => key.close());
    expect(await checkServerSigner(key.signer, key.pubkey)).toBeUndefined();
    const { server } = await world.serve(new Fixture().create, { signer: key.signer });
    const answer = await runMain(['call', server.address, 'echo', 'text=hello']);
    expect(answer.stdout).toBe('hello\n');
    await server.close();

    await runMain(['key', 'rm', 'mine', '--yes']);
    await bunker.goAway();
    writeFileSync(join(home, 'address'), await bunker.open());
    await runMain(imported);
    const other = await openSigner({ given: 'mine', role: 'server' });
    world.onclose(() => other.close());
    expect(await checkServerSigner(other.signer, other.pubkey)).toContain(
      'refused nip44_decrypt: NIP-44 decryption denied',
    );
  });

  it('is connected by a code that its signer reads', async () => {
    const { home, bunker } = await openBunker();
    const [relay = ''] = world.relayUrls;
    const written = new Recorder<string>('a line on stderr');
    const stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      written.add(String(text));
      return true;
    });
    const { main } = await import('../../packages/cli/src/program.ts');
    const making = main(['key', 'new', 'phone', '--bunker', '--relay', relay, '--for', 'server']);
    const shown = await written.first((text) => text.includes('nostrconnect://'));
    await bunker.takeUp(/nostrconnect:\S+/.exec(shown)?.[0] ?? '');
    expect(await making).toBe(0);
    stdout.mockRestore();
    stderr.mockRestore();
    expect(bunker.permissions).toEqual(['sign_event:25910', 'sign_event:22242', 'nip44_decrypt']);
    expect(readdirSync(join(home, 'keys'))).toEqual(['phone.bunker']);
  });

  it('is refused without being repeated when its address is none', async () => {
    const home = temporaryHome();
    const bad = `bunker://${'7f'.repeat(31)}?relay=wss://a.example&secret=hush-hush`;
    writeFileSync(join(home, 'address'), bad);
    const fromFile = await runMain(['key', 'import', 'mine', '--file', join(home, 'address')]);
    vi.stubEnv('NOSTR_SECRET_KEY', bad);
    const fromVariable = await runMain(['call', world.server.address]);
    for (const { exitCode, stdout, stderr } of [fromFile, fromVariable]) {
      expect(exitCode).toBe(2);
      expect(stderr).toContain('not 64 hex characters');
      expect(stdout + stderr).not.toContain('hush');
    }
  });
});
