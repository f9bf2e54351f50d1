import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, it } from 'vitest';

import { ourFolder } from './folders.ts';
import { replaceFile } from './write-file.ts';

const folder = await mkdtemp(join(tmpdir(), 'mcp-nostr-write-'));
afterAll(() => rm(folder, { recursive: true }));

it('replaces a file whole, for this user alone, and leaves nothing beside it', async () => {
  const path = join(folder, 'new', 'file.json');
  await Promise.all([replaceFile(path, 'a'.repeat(100_000)), replaceFile(path, 'b'.repeat(100_000))]);
  expect(['a'.repeat(100_000), 'b'.repeat(100_000)]).toContain(await readFile(path, 'utf8'));
  await replaceFile(path, 'last');
  expect(await readFile(path, 'utf8')).toBe('last');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await stat(join(folder, 'new'))).mode & 0o777).toBe(0o700);
  expect(await readdir(join(folder, 'new'))).toEqual(['file.json']);
});

it('leaves nothing behind when it cannot write', async () => {
  await expect(replaceFile(join(folder, 'new'), 'text')).rejects.toThrow();
  expect(await readdir(folder)).toEqual(['new']);
});

it.each([
  [{ MCP_NOSTR_HOME: '/here' }, '/here'],
  [{ XDG_CACHE_HOME: '/cache' }, '/cache/mcp-nostr'],
  [{ XDG_CACHE_HOME: 'relative' }, expect.stringMatching(/\/\.cache\/mcp-nostr$/)],
])('finds its folder in %o', (env, path) => {
  expect(ourFolder('cache', env)).toEqual(path);
});
