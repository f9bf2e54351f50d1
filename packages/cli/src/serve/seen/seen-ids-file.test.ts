import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { SeenIdsFile } from './seen-ids-file.ts';

const pubkey = 'a'.repeat(64);
const newId = (): string => randomBytes(32).toString('hex');

/** Files of a folder of this test's own, at a time that it sets. */
function stage() {
  const home = mkdtempSync(join(tmpdir(), 'mcp-nostr-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  const folder = join(home, 'seen');
  const time = { ms: 1_800_000_000_000 };
  const problems: string[] = [];
  const open = (more: { pubkey?: string; maxIds?: number } = {}): SeenIdsFile => {
    const file = new SeenIdsFile({
      pubkey,
      folder,
      now: () => time.ms,
      onproblem: (message) => problems.push(message),
      ...more,
    });
    onTestFinished(() => file.close());
    return file;
  };
  const names = (): string[] => readdirSync(folder).sort();
  return { folder, time, problems, open, names };
}

it('knows after a sudden end what it took before, and of which server', () => {
  const { open, names, folder } = stage();
  const [id, other] = [newId(), newId()];
  const before = open();
  before.add(id, 0);
  expect([before.has(id), before.has(other)]).toEqual([true, false]);
  // It was never closed.
  expect([open().has(id), open().has(other)]).toEqual([true, false]);
  expect(open({ pubkey: 'b'.repeat(64) }).has(id)).toBe(false);
  expect(names()).toHaveLength(1);
  expect(statSync(join(folder, names()[0] ?? '')).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

it('knows an id for longer than its event is fresh, and keeps two files', () => {
  const { open, time, names } = stage();
  const ids = Array.from({ length: 100 }, newId);
  const file = open();
  for (const [index, id] of ids.entries()) {
    file.add(id, 0);
    const fresh = ids.slice(Math.max(0, index - 18), index + 1);
    expect(fresh.filter((each) => !file.has(each))).toEqual([]);
    const again = open();
    expect(fresh.filter((each) => !again.has(each))).toEqual([]);
    expect(names().length).toBeLessThanOrEqual(2);
    time.ms += 10_000;
  }
  expect(file.has(ids[0] ?? '')).toBe(false);
  time.ms += 86_400_000;
  open();
  expect(names()).toEqual([]);
});

it('half a line at the end, and what is no id, spoil nothing', () => {
  const { open, names, folder } = stage();
  const [first, second] = [newId(), newId()];
  open().add(first, 0);
  const path = join(folder, names()[0] ?? '');
  appendFileSync(path, `no id\n\n${second.slice(0, 9)}`);
  const after = open();
  after.add(second, 0);
  const last = open();
  expect([last.has(first), last.has(second), last.has('no id')]).toEqual([true, true, false]);
});

it('of two processes with one key one takes each id, also while they turn to the next file', () => {
  const { open, time } = stage();
  const [one, two] = [open(), open()];
  const ids = Array.from({ length: 200 }, newId);
  for (const [index, id] of ids.entries()) {
    const [first, second] = index % 2 === 0 ? [one, two] : [two, one];
    expect(first.add(id, 0)).toBe(true);
    if (index % 50 === 0) time.ms += 240_000;
    expect(second.add(id, 0)).toBe(false);
  }
  const after = open();
  expect(ids.slice(-40).filter((id) => !after.has(id))).toEqual([]);
});

it('a clock that is set back forgets nothing', () => {
  const { open, time } = stage();
  const id = newId();
  open().add(id, 0);
  time.ms -= 3_600_000;
  const after = open();
  after.add(newId(), 0);
  expect(after.has(id)).toBe(true);
});

it('is bounded, says so once, and from then on takes nothing as new that it could not keep', () => {
  const { open, problems, names, folder, time } = stage();
  const file = open({ maxIds: 10 });
  const second = time.ms / 1_000;
  for (let i = 0; i < 100; i++) {
    file.add(newId(), second + i);
    expect(file.completeSince).toBe(i < 10 ? 0 : second + i + 1);
  }
  expect(open({ maxIds: 10 }).completeSince).toBeGreaterThan(second + 60);
  expect(
    readFileSync(join(folder, names()[0] ?? ''), 'utf8')
      .trim()
      .split('\n'),
  ).toHaveLength(10);
  expect(problems).toEqual([expect.stringContaining('10 calls within 240 s')]);
});

it('a disk that takes nothing is reported once, and the ids are known in this process', () => {
  const { open, problems, folder, time } = stage();
  writeFileSync(folder, 'not a folder');
  const [id, later] = [newId(), newId()];
  const file = open();
  expect(file.completeSince).toBe(time.ms / 1_000 + 60);
  file.add(id, 0);
  expect(file.has(id)).toBe(true);
  expect(problems).toEqual([expect.stringContaining('may be taken again')]);
  rmSync(folder);
  time.ms += 5_000;
  file.add(later, 0);
  expect(open().has(later)).toBe(true);
});
