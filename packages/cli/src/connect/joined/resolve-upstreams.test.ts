import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { formatNpub, generateSecretKey, getPublicKey } from '@mcp-nostr/core';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';

import { updateBook } from '../../address-book/book-file.ts';
import { keyOf, resolveUpstreams, shownServer } from './resolve-upstreams.ts';
import { parseUpstreamWords } from './upstream-words.ts';

const [one = '', two = '', three = ''] = [1, 2, 3].map(() => getPublicKey(generateSecretKey()));

beforeEach(async () => {
  const home = mkdtempSync(join(tmpdir(), 'mcp-nostr-upstreams-'));
  vi.stubEnv('MCP_NOSTR_HOME', home);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true });
  });
  await updateBook((servers) => {
    servers.set('weather', { pubkey: one, relays: [], key: 'laptop', seenAt: 1 });
    servers.set('files', { pubkey: two, relays: [], key: 'laptop', seenAt: 1 });
    servers.set('shop', { pubkey: three, relays: [], key: 'client', seenAt: 1 });
  });
});

const resolve = (...words: string[]): ReturnType<typeof resolveUpstreams> =>
  resolveUpstreams(parseUpstreamWords(words));

it('connects as the key by which the servers know us', async () => {
  expect(keyOf(await resolve('weather', 'files'))).toBe('laptop');
  // Who was not paired with takes any.
  expect(keyOf(await resolve('weather', formatNpub(two)))).toBe('laptop');
  expect(keyOf(await resolve(formatNpub(one)))).toBeUndefined();
  const different = await resolve('weather', 'shop');
  expect(() => keyOf(different)).toThrow('weather by laptop, shop by client');
});

it('notices that a name and an address are one server', async () => {
  await expect(resolve('weather', `other=${formatNpub(one)}`)).rejects.toThrow('is another name of a server');
  await expect(resolve('weather', 'nowhere')).rejects.toMatchObject({ code: 'bad_address' });
});

it('shows a server as it is called, and a tick only for what was verified just now', () => {
  const server = { address: '', pubkey: one, relays: [] };
  const npub = expect.stringMatching(/npub1\S+…\S{4}/);
  expect(shownServer(server)).toEqual(npub);
  expect(shownServer({ ...server, name: 'weather' })).toMatch(/^weather \(npub1\S+\)$/);
  expect(shownServer({ ...server, nip05: '_@example.com' })).toMatch(/^example\.com \(npub1\S+\)$/);
  expect(shownServer({ ...server, nip05: 'a@example.com', isVerified: true })).toMatch(/ ✓\)$/);
});
