import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import type { Catalogue } from './catalogue.ts';
import { CatalogueFile, cataloguePath } from './catalogue-file.ts';
import { limits } from './limits.ts';

let folder: string;
const catalogue: Catalogue = {
  seenAt: 1_700_000_000_000,
  initialize: {
    requested: '2025-11-25',
    result: {
      protocolVersion: '2025-11-25',
      capabilities: { tools: {} },
      serverInfo: { name: 'a', version: '1' },
    },
  },
  discovery: { error: { code: -32_601, message: 'Method not found' } },
  lists: { 'tools/list': [{ name: 'echo', inputSchema: { type: 'object' } }], 'prompts/list': [] },
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mcp-nostr-catalogue-'));
});
afterAll(() => rm(folder, { recursive: true }));

function fileAt(name: string): { path: string; file: CatalogueFile; log: string[] } {
  const path = join(folder, name);
  const log: string[] = [];
  return { path, log, file: new CatalogueFile(path, (line) => log.push(line)) };
}

it('lies in the cache folder, one for each server and key of ours', () => {
  const path = cataloguePath('ab', 'cd', { XDG_CACHE_HOME: '/cache' });
  expect(path).toBe('/cache/mcp-nostr/catalogues/ab.cd.json');
});

it('reads what it has written, for this user alone', async () => {
  const { path, file, log } = fileAt('sub/one.json');
  expect(await file.read()).toEqual({ lists: {} });
  await file.write(catalogue);
  expect(await file.read()).toEqual(catalogue);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(log).toEqual([]);
});

it.each([
  ['is cut off', '{"format":1,"lists":{"tools/l'],
  ['is of another format', '{"format":2,"lists":{"tools/list":[{"name":"echo"}]}}'],
  ['holds something else', '[1,2]'],
  ['holds nothing', ''],
])('is as if it were not there when it %s', async (_, text) => {
  const { path, file } = fileAt('broken.json');
  await writeFile(path, text);
  expect(await file.read()).toEqual({ lists: {} });
  await file.write(catalogue);
  expect(await file.read()).toEqual(catalogue);
});

it('takes what is as it should be from one that is not', async () => {
  const { path, file } = fileAt('partly.json');
  const lists = { 'tools/list': [{ name: 'echo' }], 'prompts/list': ['none'], 'resources/list': 5 };
  const initialize = { requested: '2025-11-25', result: { protocolVersion: 3 } };
  await writeFile(
    path,
    JSON.stringify({ format: 1, seenAt: 'yesterday', initialize, discovery: { error: {} }, lists }),
  );
  expect(await file.read()).toEqual({ lists: { 'tools/list': [{ name: 'echo' }] } });
});

it('neither writes nor reads more than it may, and says so', async () => {
  const { path, file, log } = fileAt('large.json');
  await file.write(catalogue);
  const large = { ...catalogue, lists: { 'tools/list': [{ name: 'x'.repeat(limits.maxFileBytes) }] } };
  await file.write(large);
  expect(await file.read()).toEqual(catalogue);
  expect(log).toEqual([expect.stringContaining('too large')]);
  await writeFile(path, JSON.stringify({ format: 1, ...large }));
  expect(await file.read()).toEqual({ lists: {} });
  expect(log).toHaveLength(2);
});

it('keeps the newest of writes that overlap', async () => {
  const { path, file } = fileAt('overlap.json');
  await Promise.all([1, 2, 3].map((seenAt) => file.write({ ...catalogue, seenAt })));
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ seenAt: 3 });
});

it('says that it cannot be written, and leaves it at that', async () => {
  const { file, log } = fileAt('broken.json/below-a-file.json');
  await file.write(catalogue);
  expect(log).toEqual([expect.stringContaining('was not written')]);
});
