import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { generateSecretKey, getPublicKey } from '@mcp-nostr/core';
import { AccessBook, type AllowedKey } from '@mcp-nostr/server';
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';

import { readAccessFile, updateAccessFile } from './access-file.ts';
import { LiveAccess } from './live-access.ts';
import { servedPolicy } from './served-policy.ts';

const home = mkdtempSync(join(tmpdir(), 'mcp-nostr-'));
afterAll(() => rmSync(home, { recursive: true }));
const [alice = '', bob = '', carol = ''] = [1, 2, 3].map(() => getPublicKey(generateSecretKey()));
const NOW = Math.floor(Date.now() / 1_000);
const DAY = 86_400;
let files = 0;
const newPath = (): string => join(home, `folder-${files++}`, 'access', `${alice}.json`);

/** A running server's access, what it reports, and the moment of the next report. */
function open(path: string = newPath()) {
  const paired: AllowedKey[] = [];
  const problems: string[] = [];
  let told = (): void => {};
  const live = new LiveAccess({
    path,
    onpaired: (entry) => paired.push(entry),
    onchange: () => told(),
    onproblem: (message) => {
      problems.push(message);
      told();
    },
  });
  onTestFinished(() => live.close());
  const next = async (): Promise<void> => {
    await new Promise<void>((resolve) => (told = resolve));
    told = () => {};
  };
  const allows = (pubkey: string): boolean => live.book.find(pubkey, NOW) !== undefined;
  return { live, path, paired, problems, next, allows };
}

const allow = (path: string, pubkey: string): Promise<unknown> =>
  updateAccessFile(path, (book) => book.allow(pubkey, {}, NOW));
const invite = async (path: string): Promise<string> =>
  (await updateAccessFile(path, (book) => book.invite({ expiresAt: NOW + DAY }, NOW))).code;

describe('the access file of a running server', () => {
  it('is made when there is none, for this user alone, and lets nobody in', () => {
    const { live, path, problems } = open();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(path, '..'))).toEqual([`${alice}.json`]);
    expect([live.book.allowed, problems]).toEqual([[], []]);
  });

  it('takes effect as others change it', async () => {
    const { live, path, next, allows } = open();
    let tellings = 0;
    const unwatch = live.watch(() => tellings++);
    const changes = next();
    await allow(path, bob);
    await changes;
    expect([allows(bob), tellings]).toEqual([true, 1]);
    unwatch();
    const again = next();
    await updateAccessFile(path, (book) => book.deny(bob, {}, NOW));
    await again;
    expect([allows(bob), live.book.isDenied(bob), tellings]).toEqual([false, true, 1]);
  });

  it('takes an invite that was drawn a moment ago, once, and has stored it before anybody is let in', async () => {
    const { live, path, paired, allows } = open();
    const code = await invite(path);
    expect(live.redeem(code, bob)).toMatchObject({ pubkey: bob, via: expect.stringMatching(/^\w{6}$/) });
    expect(readAccessFile(path).find(bob, NOW)).toBeDefined();
    expect(allows(bob)).toBe(true);
    // Its answer was lost.
    expect(live.redeem(code, bob)).toMatchObject({ pubkey: bob });
    expect(live.redeem(code, carol)).toBe('invite_expired');
    expect(paired.map(({ pubkey }) => pubkey)).toEqual([bob]);
    expect(readFileSync(path, 'utf8')).not.toContain(code);
  });

  it('loses nothing of what others write while an invite is taken', async () => {
    const { live, path } = open();
    const code = await invite(path);
    const allowing = allow(path, carol);
    live.redeem(code, bob);
    await allowing;
    const { allowed } = readAccessFile(path);
    expect(allowed.map(({ pubkey }) => pubkey).sort()).toEqual([bob, carol].sort());
  });

  it('is not touched by wrong codes', async () => {
    const { live, path } = open();
    await invite(path);
    live.redeem('wrong', bob);
    const read = vi.spyOn(AccessBook, 'parse');
    onTestFinished(() => read.mockRestore());
    const before = statSync(path);
    for (let index = 0; index < 1_000; index++)
      expect(live.redeem(`wrong${index}`, bob)).toBe('invite_expired');
    expect(read).not.toHaveBeenCalled();
    expect(statSync(path).mtimeMs).toBe(before.mtimeMs);
  });

  it('keeps what a caller takes back', () => {
    const { live, path } = open();
    const session = { pubkey: carol, grantedAt: NOW, expiresAt: NOW + DAY };
    live.revoke(bob, { session: carol, before: NOW });
    expect(live.book.isRevoked({ pubkey: bob, session })).toBe(true);
    expect(readAccessFile(path).isRevoked({ pubkey: bob, session })).toBe(true);
  });

  it('tells when the time of a key is over', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: NOW * 1_000 });
    onTestFinished(() => void vi.useRealTimers());
    const path = newPath();
    await updateAccessFile(path, (book) => book.allow(bob, { expiresAt: NOW + 40 * DAY }, NOW));
    const { live } = open(path);
    let tellings = 0;
    live.watch(() => tellings++);
    // A wait of more than 2^31 ms is none at all, for Node as for these timers.
    vi.advanceTimersByTime(40 * DAY * 1_000 - 1);
    expect(tellings).toBe(0);
    vi.advanceTimersByTime(1);
    expect(tellings).toBe(1);
  });
});

describe('an access file that cannot be used', () => {
  it.each([
    ['not JSON', '{"version":1', 'it is not JSON'],
    ['of a later version', '{"version":2}', 'it is of version 2'],
    [
      'with a rule that is none',
      JSON.stringify({ ...new AccessBook().toJSON(), allowed: { x: {} } }),
      'not 64',
    ],
  ])('ends nothing and opens nothing while the server runs: %s', async (_what, text, reason) => {
    const { path, problems, next, allows } = open();
    await allow(path, bob);
    await next();
    const good = readFileSync(path, 'utf8');
    const breaks = next();
    writeFileSync(path, text);
    await breaks;
    expect(problems.at(-1)).toContain(reason);
    expect(problems.at(-1)).toContain('the rules that were read last hold');
    expect([allows(bob), allows(carol)]).toEqual([true, false]);
    // And is not overwritten by what comes in meanwhile.
    await expect(allow(path, carol)).rejects.toThrow(reason);
    expect(readFileSync(path, 'utf8')).toBe(text);
    writeFileSync(path, good);
    await allow(path, carol);
    await next();
    expect(allows(carol)).toBe(true);
  });

  it('counts as soon as nobody else can change it', async () => {
    const { path, problems, next, allows } = open();
    await allow(path, bob);
    await next();
    const denied = readAccessFile(path);
    denied.deny(bob, {}, NOW);
    const breaks = next();
    // As an editor of somebody whose files are those of a group too.
    writeFileSync(`${path}.new`, JSON.stringify(denied));
    chmodSync(`${path}.new`, 0o660);
    renameSync(`${path}.new`, path);
    await breaks;
    expect(problems.at(-1)).toMatch(/^other users can change the access file .* that were read last hold$/);
    expect(allows(bob)).toBe(true);
    const mended = next();
    chmodSync(path, 0o600);
    await mended;
    expect(allows(bob)).toBe(false);
  });

  it('counts from when there is one, where none could be made at first', async () => {
    const path = newPath();
    // Whatever is there, it is no lock that can be taken or removed.
    const obstacle = `${path}.lock`;
    mkdirSync(obstacle, { recursive: true });
    utimesSync(obstacle, 1, 1);
    const { live, problems, next, allows } = open(path);
    expect(problems).toEqual([
      expect.stringMatching(/^who may call is what the arguments say, .* be written/),
    ]);
    const session = { pubkey: carol, grantedAt: NOW, expiresAt: NOW + DAY };
    live.revoke(bob, { session: carol, before: NOW });
    expect(problems).toHaveLength(2);
    rmSync(obstacle, { recursive: true });
    const comes = next();
    await allow(path, bob);
    await comes;
    expect(allows(bob)).toBe(true);
    // Nor is what was taken back meanwhile given again by that, and it is stored with the next change.
    expect(live.book.isRevoked({ pubkey: bob, session })).toBe(true);
    live.redeem(await invite(path), carol);
    expect(readAccessFile(path).isRevoked({ pubkey: bob, session })).toBe(true);
    expect(problems).toHaveLength(2);
  });

  it('keeps a server from starting', () => {
    const path = newPath();
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, '[]', { mode: 0o600 });
    expect(() => open(path)).toThrow(/the access file .* cannot be used: it is no object/);
    writeFileSync(path, JSON.stringify(new AccessBook()));
    chmodSync(path, 0o620);
    expect(() => open(path)).toThrow(/other users can change the access file/);
  });

  it('that is gone lets in whom it named, and nobody else', async () => {
    const { live, path, problems, next, allows } = open();
    await allow(path, bob);
    const code = await invite(path);
    await next();
    const goes = next();
    rmSync(path);
    await goes;
    expect(problems.at(-1)).toMatch(/ENOENT; the rules that were read last hold/);
    expect(allows(bob)).toBe(true);
    expect(() => live.redeem(code, carol)).toThrow('is gone');
    expect(allows(carol)).toBe(false);
  });

  it('lets nobody in whom it cannot keep, and says that it is worth trying again', async () => {
    const { live, path, paired } = open();
    const code = await invite(path);
    const problems: string[] = [];
    const policy = servedPolicy({
      live,
      isPublic: false,
      forThisRun: [],
      onproblem: (message) => problems.push(message),
    });
    rmSync(path);
    mkdirSync(path);
    expect(policy.redeem?.({ pubkey: bob }, code)).toMatchObject({
      code: 'rate_limited',
      retryAfterMs: 5_000,
    });
    expect(policy.permit({ pubkey: bob })).toHaveProperty('code');
    expect(problems).toEqual([expect.stringMatching(/^a caller with an invite could not be let in: /)]);
    expect(paired).toEqual([]);
  });
});

describe('who may call a server of the command line', () => {
  it.each([
    ['private', false, [false, true, false, true]],
    ['public', true, [true, true, false, true]],
  ])('when it is %s', async (_what, isPublic, expected) => {
    const path = newPath();
    await allow(path, bob);
    await updateAccessFile(path, (book) => book.deny(carol, {}, NOW));
    const dora = getPublicKey(generateSecretKey());
    const policy = servedPolicy({
      live: open(path).live,
      isPublic,
      forThisRun: [dora, carol],
      onproblem: () => {},
    });
    const answers = [alice, bob, carol, dora].map((pubkey) => policy.permit({ pubkey }));
    expect(answers.map((answer) => !('code' in answer))).toEqual(expected);
    expect(answers[3]).toMatchObject({ isKnown: true });
    expect(answers[1]).toMatchObject({ isKnown: true });
    if (isPublic) expect(answers[0]).toMatchObject({ isKnown: false });
  });

  it('asks a stranger for an invite only while one is open', async () => {
    const { live, path, next } = open();
    const policy = servedPolicy({ live, isPublic: false, forThisRun: [], onproblem: () => {} });
    expect(policy.permit({ pubkey: bob })).toEqual({ code: 'not_allowed' });
    const drawn = next();
    await invite(path);
    await drawn;
    expect(policy.permit({ pubkey: bob })).toEqual({ code: 'invite_required' });
  });

  it('takes sessions back of keys that may call for this run only', () => {
    const { live, path } = open();
    const policy = servedPolicy({ live, isPublic: false, forThisRun: [bob], onproblem: () => {} });
    const session = { pubkey: carol, grantedAt: NOW, expiresAt: NOW + DAY };
    expect(policy.permit({ pubkey: bob, session })).toMatchObject({ isKnown: true });
    policy.revoke?.(bob, { session: carol, before: NOW });
    expect(policy.permit({ pubkey: bob, session })).toHaveProperty('code', 'not_allowed');
    expect(policy.permit({ pubkey: bob })).toMatchObject({ isKnown: true });
    // A stolen session key must not work again because the server was started again with the same words.
    expect(readAccessFile(path).toJSON().revocations).toEqual({ [bob]: { sessions: { [carol]: NOW } } });
  });
});
