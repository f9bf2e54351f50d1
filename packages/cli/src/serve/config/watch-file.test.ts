import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, it, onTestFinished, vi } from 'vitest';

import { FileWatch, readSmallFile } from './watch-file.ts';

const home = mkdtempSync(join(tmpdir(), 'mcp-nostr-'));
afterAll(() => rmSync(home, { recursive: true }));

/** What is told of a file, and the moment of the first problem. */
function watched(path: string, pollMs?: number) {
  const texts: string[] = [];
  const problems: string[] = [];
  let told = (): void => {};
  const problem = new Promise<void>((resolve) => (told = resolve));
  const watch = new FileWatch({
    path,
    text: readSmallFile(path),
    onchange: (text) => texts.push(text),
    onproblem: (message) => {
      problems.push(message);
      told();
    },
    ...(pollMs === undefined ? {} : { pollMs }),
  });
  onTestFinished(() => watch.close());
  return { texts, problems, problem };
}

it('sees a file that is written to, replaced, removed and there again, and nothing where the text is the same', async () => {
  const path = join(home, 'a.json');
  writeFileSync(path, 'one');
  const { texts, problems, problem } = watched(path);
  writeFileSync(path, 'two');
  await expect.poll(() => texts, { timeout: 10_000 }).toEqual(['two']);
  writeFileSync(join(home, 'new'), 'two');
  renameSync(join(home, 'new'), path);
  writeFileSync(join(home, 'new'), 'three');
  renameSync(join(home, 'new'), path);
  await expect.poll(() => texts, { timeout: 10_000 }).toEqual(['two', 'three']);
  rmSync(path);
  await problem;
  // At once: each look finds it missing.
  writeFileSync(path, 'four');
  await expect.poll(() => texts, { timeout: 10_000 }).toEqual(['two', 'three', 'four']);
  expect(problems).toEqual([`${path} cannot be read: ENOENT`]);
});

it('tells nothing when it finds what was known', () => {
  const path = join(home, 'same.json');
  writeFileSync(path, 'same');
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { texts } = watched(path);
  expect(vi.getTimerCount()).toBe(1);
  vi.runAllTimers();
  expect(texts).toEqual([]);
});

it('sees a file behind links, of which one in the middle is exchanged', async () => {
  const folder = join(home, 'mounted');
  for (const [version, text] of ['one', 'two'].entries()) {
    mkdirSync(join(folder, `v${version}`), { recursive: true });
    writeFileSync(join(folder, `v${version}`, 'a.json'), text);
  }
  symlinkSync('v0', join(folder, 'current'));
  symlinkSync('current/a.json', join(folder, 'a.json'));
  const { texts } = watched(join(folder, 'a.json'));
  symlinkSync('v1', join(folder, 'next'));
  renameSync(join(folder, 'next'), join(folder, 'current'));
  await expect.poll(() => texts, { timeout: 10_000 }).toEqual(['two']);
});

it('sees a file in another folder that a link names', async () => {
  mkdirSync(join(home, 'elsewhere'));
  writeFileSync(join(home, 'elsewhere', 'a.json'), 'one');
  symlinkSync('elsewhere/a.json', join(home, 'link.json'));
  const { texts } = watched(join(home, 'link.json'));
  writeFileSync(join(home, 'elsewhere', 'a.json'), 'two');
  // It is read once at the start; what comes after that is seen in its folder alone.
  await expect.poll(() => texts, { timeout: 10_000 }).toEqual(['two']);
  writeFileSync(join(home, 'elsewhere', 'a.json'), 'three');
  await expect.poll(() => texts, { timeout: 10_000 }).toEqual(['two', 'three']);
});

it('sees a file in a folder where something happens all the time', async () => {
  const folder = join(home, 'busy');
  mkdirSync(folder);
  const path = join(folder, 'a.json');
  writeFileSync(path, 'one');
  const { texts } = watched(path);
  const writing = setInterval(() => writeFileSync(join(folder, 'log'), 'line'), 20);
  onTestFinished(() => clearInterval(writing));
  writeFileSync(path, 'two');
  await expect.poll(() => texts, { timeout: 10_000 }).toEqual(['two']);
});

it('sees a file in a folder that has taken the place of another', async () => {
  const folder = join(home, 'released');
  mkdirSync(folder);
  const path = join(folder, 'a.json');
  writeFileSync(path, 'one');
  const { texts } = watched(path, 50);
  renameSync(folder, join(home, 'former'));
  mkdirSync(folder);
  writeFileSync(path, 'two');
  await expect.poll(() => texts, { timeout: 10_000 }).toEqual(['two']);
  writeFileSync(path, 'three');
  await expect.poll(() => texts, { timeout: 10_000 }).toEqual(['two', 'three']);
});

it('reads a file that is not too large', () => {
  const path = join(home, 'large.json');
  writeFileSync(path, 'x'.repeat(1024 * 1024 + 1));
  expect(() => readSmallFile(path)).toThrow('it has 1048577 bytes, and 1048576 are the limit');
  expect(() => readSmallFile(home)).toThrow('EISDIR');
});
