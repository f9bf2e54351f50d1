import { readFileSync, readdirSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { generateSecretKey, getPublicKey, readSuccessor } from '@mcp-nostr/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { runMain, temporaryHome } from '../helpers/cli-in-process.ts';
import { keepKey } from '../../packages/cli/src/keys/keep-key.ts';
import { openFormerKeys, readFormerKeys } from '../../packages/cli/src/keys/former-keys.ts';
import { openSigner } from '../../packages/cli/src/keys/open-signer.ts';
import { rotateKey } from '../../packages/cli/src/keys/rotate.ts';

const now = (): number => Math.floor(Date.now() / 1_000);
const today = new Date();
const day = today.toISOString().slice(0, 10);

// Names have the day in them: it is the same in all tests, at midnight too.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: today }));
afterEach(() => void vi.useRealTimers());

const pubkeyOf = async (name: string): Promise<string> =>
  (await openSigner({ given: name, role: 'server' })).pubkey;

async function keep(name: string): Promise<string> {
  const secretKey = generateSecretKey();
  await keepKey({ name, secretKey, store: 'file', isSilent: true });
  return getPublicKey(secretKey);
}

describe('key rotate', () => {
  it('gives the name another key, which the former one names, and keeps that', async () => {
    const home = temporaryHome();
    const former = await keep('server');
    const { kept, statement } = await rotateKey({ name: 'server', relays: ['wss://one.example'] });
    const pubkey = await pubkeyOf('server');
    expect(pubkey).not.toBe(former);
    expect(kept.path).toBe(join(home, 'keys', 'server.key'));
    expect(readdirSync(join(home, 'keys')).sort()).toEqual([`server-until-${day}.key`, 'server.key']);
    expect(statSync(kept.path).mode & 0o777).toBe(0o600);
    expect(readSuccessor(statement, former, now()).successor).toEqual({
      pubkey,
      relays: ['wss://one.example'],
    });
    expect(await openFormerKeys(pubkey, () => undefined)).toMatchObject([
      { key: { pubkey: former }, statement },
    ]);
  });

  it('is for the key that serve acts with, and for one with the longest name; the former ones can be removed', async () => {
    temporaryHome();
    const name = 'x'.repeat(64);
    await keep('server');
    await keep(name);
    await keep('servers/weather');
    expect((await runMain(['key', 'use', name, '--for', 'server'])).exitCode).toBe(0);
    for (const [words, kept] of [
      [[], `${'x'.repeat(47)}-until-${day}`],
      [['servers/weather'], `servers/weather-until-${day}`],
    ] as const) {
      const { stdout } = await runMain(['key', 'rotate', ...words, '--json']);
      expect(JSON.parse(stdout)).toMatchObject({ name: words[0] ?? name, former: { name: kept } });
      expect((await runMain(['key', 'rm', kept, '--yes'])).exitCode).toBe(0);
    }
  });

  it('again keeps all former keys, each with what it has said', async () => {
    temporaryHome();
    const first = await keep('server');
    await rotateKey({ name: 'server' });
    const second = await pubkeyOf('server');
    await rotateKey({ name: 'server' });
    const third = await pubkeyOf('server');
    const opened = await openFormerKeys(third, () => undefined);
    expect(opened.map(({ name, key }) => [name, key.pubkey])).toEqual([
      [`server-until-${day}`, first],
      [`server-until-${day}-2`, second],
    ]);
    expect(
      opened.map(({ statement }) => readSuccessor(statement, statement.pubkey, now()).successor.pubkey),
    ).toEqual([second, third]);
  });

  it('lets those call the new key who may call the former one', async () => {
    const home = temporaryHome();
    const former = await keep('server');
    await mkdir(join(home, 'access'));
    await writeFile(join(home, 'access', `${former}.json`), '{"keys":1}');
    await rotateKey({ name: 'server' });
    const path = join(home, 'access', `${await pubkeyOf('server')}.json`);
    expect(readFileSync(path, 'utf8')).toBe('{"keys":1}');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('says what to do next, and works for a server of a file', async () => {
    const home = temporaryHome();
    await keep('servers/notes');
    const { exitCode, stdout, stderr } = await runMain(['key', 'rotate', 'servers/notes']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^servers\/notes {2}npub1\w+\n[^]*start serve anew[^]*mcp-nostr key rm/);
    expect(readdirSync(join(home, 'keys', 'servers')).sort()).toEqual([
      `notes-until-${day}.key`,
      'notes.key',
    ]);
  });

  it('changes nothing where there is no key, or one is half made', async () => {
    const home = temporaryHome();
    expect(await runMain(['key', 'rotate'])).toMatchObject({ exitCode: 2, stdout: '' });
    const former = await keep('server');
    await keep('server-next');
    await expect(rotateKey({ name: 'server' })).rejects.toMatchObject({ code: 'key_file' });
    expect(await pubkeyOf('server')).toBe(former);
    expect(readdirSync(home)).toEqual(['keys']);
  });
});

describe('a former key', () => {
  it('that was removed is said, and the others are there', async () => {
    const home = temporaryHome();
    await keep('server');
    await rotateKey({ name: 'server' });
    const second = await pubkeyOf('server');
    await rotateKey({ name: 'server' });
    const third = await pubkeyOf('server');
    await runMain(['key', 'rm', `server-until-${day}`, '--yes']);
    const problems: string[] = [];
    const opened = await openFormerKeys(third, (problem) => problems.push(problem));
    expect(opened.map(({ key }) => key.pubkey)).toEqual([second]);
    expect(problems).toEqual([expect.stringContaining(`server-until-${day}`)]);
    await writeFile(join(home, 'former', `${third}.json`), '{}');
    expect(() => readFormerKeys(third)).toThrow(expect.objectContaining({ code: 'config_file' }));
  });
});
