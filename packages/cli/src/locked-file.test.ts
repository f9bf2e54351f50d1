import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';

import { afterAll, describe, expect, it } from 'vitest';

import { FileLock } from './file-lock.ts';
import { updateFile, updateFileSync } from './locked-file.ts';

const home = mkdtempSync(join(tmpdir(), 'mcp-nostr-'));
afterAll(() => rmSync(home, { recursive: true }));

let files = 0;
const newPath = (): string => join(home, `folder-${files++}`, 'file.json');
const plusOne = (text = '0'): string => String(Number(text) + 1);

function setAge(path: string, seconds: number): void {
  const then = Date.now() / 1000 - seconds;
  utimesSync(path, then, then);
}

describe('a file that several change', () => {
  it('is made for this user alone, and nothing is left beside it', async () => {
    const path = newPath();
    await updateFile(path, plusOne);
    expect(readFileSync(path, 'utf8')).toBe('1');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(path, '..'))).toEqual(['file.json']);
  });

  it('loses no change of those made at once, also by other processes', async () => {
    const path = newPath();
    const module = fileURLToPath(new URL('locked-file.ts', import.meta.url));
    const work = `
      const { updateFile, updateFileSync } = await import(${JSON.stringify(module)});
      const plusOne = (text = '0') => String(Number(text) + 1);
      const path = ${JSON.stringify(path)};
      // On a disk that is slow its turn may come late.
      for (let i = 0; i < 10; i++) { await updateFile(path, plusOne); updateFileSync(path, plusOne, 20_000); }`;
    const tsx = fileURLToPath(new URL('../../../node_modules/tsx/dist/loader.mjs', import.meta.url));
    const args = ['--conditions', '@mcp-nostr/source', '--import', tsx, '--input-type=module', '-e', work];
    const other = promisify(execFile)(process.execPath, args);
    // As long as it works, so that both do.
    let own = 0;
    let end: unknown;
    while (end === undefined) {
      await updateFile(path, plusOne);
      own++;
      // Leaves room for the other.
      end = await Promise.race([other, sleep(2)]);
    }
    expect(readFileSync(path, 'utf8')).toBe(`${own + 20}`);
  });

  it('stays as it was when there is no change, or it throws, and is free again', async () => {
    const path = newPath();
    await updateFile(path, plusOne);
    updateFileSync(path, () => undefined);
    expect(() =>
      updateFileSync(path, () => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(readFileSync(path, 'utf8')).toBe('1');
    expect(FileLock.tryTake(path)?.isHeld).toBe(true);
  });

  it('is not changed while another has it, and who waits is told of it', () => {
    const path = newPath();
    updateFileSync(path, plusOne);
    const lock = FileLock.tryTake(path);
    expect(() => updateFileSync(path, plusOne, 20)).toThrow(/another process keeps .* locked/);
    lock?.release();
    updateFileSync(path, plusOne);
    expect(readFileSync(path, 'utf8')).toBe('2');
  });

  it('waits for who has it', async () => {
    const path = newPath();
    updateFileSync(path, plusOne);
    const lock = FileLock.tryTake(path);
    const update = updateFile(path, plusOne);
    expect(readFileSync(path, 'utf8')).toBe('1');
    lock?.release();
    await update;
    expect(readFileSync(path, 'utf8')).toBe('2');
  });
});

describe('the lock of a process that was killed', () => {
  it.each([60, -60])('does not last (%i s old)', (seconds) => {
    const path = newPath();
    updateFileSync(path, plusOne);
    writeFileSync(`${path}.lock`, 'of nobody');
    expect(FileLock.tryTake(path)).toBeUndefined();
    setAge(`${path}.lock`, seconds);
    updateFileSync(path, plusOne);
    expect(readFileSync(path, 'utf8')).toBe('2');
  });

  it('is removed by one process at a time, and of one that was killed at that by the next', () => {
    const path = newPath();
    updateFileSync(path, plusOne);
    writeFileSync(`${path}.lock`, 'of nobody');
    setAge(`${path}.lock`, 60);
    writeFileSync(`${path}.lock.stale`, '');
    expect(FileLock.tryTake(path)).toBeUndefined();
    setAge(`${path}.lock.stale`, 60);
    updateFileSync(path, plusOne);
    expect(readFileSync(path, 'utf8')).toBe('2');
  });

  it('that only slept does not overwrite what others wrote since, nor frees their lock', () => {
    const path = newPath();
    updateFileSync(path, plusOne);
    const asleep = FileLock.tryTake(path);
    setAge(`${path}.lock`, 60);
    const other = FileLock.tryTake(path);
    expect(asleep?.isHeld).toBe(false);
    asleep?.release();
    expect(other?.isHeld).toBe(true);
    other?.release();
    expect(existsSync(`${path}.lock`)).toBe(false);
    expect(() =>
      updateFileSync(path, (text) => {
        setAge(`${path}.lock`, 60);
        FileLock.tryTake(path);
        return plusOne(text);
      }),
    ).toThrow('locked');
    expect(readFileSync(path, 'utf8')).toBe('1');
  });
});
