import { lstat, readdir, readFile, realpath, stat, unlink, writeFile, chmod } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { isRecord } from '@mcp-nostr/core';

import { replaceFile } from '../../write-file.ts';
import { hostConfigError } from './host-config-error.ts';

/** A configuration as it was read. One that is not there yet is an empty text. */
export interface ConfigFile {
  path: string;
  /** Where the bytes are: behind symbolic links, which stay. */
  realPath: string;
  exists: boolean;
  text: string;
  mode: number;
}

/** Claude Code keeps histories in its file, of some megabytes; what is above this is something else. */
const MAX_CONFIG_BYTES = 64 * 1024 * 1024;

/** @throws {CliError} `host_config` when it cannot be read as text */
export async function readConfigFile(path: string): Promise<ConfigFile> {
  try {
    const realPath = await realpath(path);
    const { mode, size } = await stat(realPath);
    if (size > MAX_CONFIG_BYTES)
      throw hostConfigError(`${path} is too large for a configuration: ${size} bytes`);
    const bytes = await readFile(realPath);
    const text = bytes.toString('utf8');
    if (!Buffer.from(text).equals(bytes))
      throw hostConfigError(`${path} is not UTF-8`, 'save it as UTF-8 with an editor');
    return { path, realPath, exists: true, text, mode: mode & 0o777 };
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw unreadable(path, error);
    if (await isThere(path)) throw hostConfigError(`${path} is a symbolic link to a file that is not there`);
    // What a host keeps beside a configuration may be secret; the host itself widens the mode if it likes to.
    return { path, realPath: path, exists: false, text: '', mode: 0o600 };
  }
}

/**
 * Replaces the text, and keeps the former beside it. Null takes the file away.
 * @returns the path of the backup, if there was something to keep
 * @throws {CliError} `host_config` when the file is not as it was read
 */
export async function writeConfigFile(
  file: ConfigFile,
  text: string | null,
  now: Date,
): Promise<string | undefined> {
  const current = await readConfigFile(file.path);
  if (current.exists !== file.exists || current.text !== file.text) {
    throw hostConfigError(
      `${file.path} has been changed meanwhile, and was left as it is`,
      'run the command again',
    );
  }
  try {
    const backup = file.exists ? await keep(file, now) : undefined;
    if (text === null) await unlink(file.realPath);
    else await replaceFile(file.realPath, text, file.mode);
    // What umask has taken away from the mode.
    if (text !== null && file.exists) await chmod(file.realPath, file.mode);
    return backup;
  } catch (error) {
    throw hostConfigError(`${file.path} cannot be written: ${codeOf(error)}`, undefined, error);
  }
}

/** The text of the newest backup; undefined when there is none. */
export async function newestBackup({ path }: ConfigFile): Promise<string | undefined> {
  const folder = dirname(path);
  const start = `${basename(path)}.`;
  const names = await readdir(folder).catch(() => []);
  const backups = names.flatMap((name) => {
    const [, stamp, count = '1'] = name.startsWith(start)
      ? (backupEnd.exec(name.slice(start.length)) ?? [])
      : [];
    return stamp === undefined ? [] : [{ name, order: stamp + count.padStart(6, '0') }];
  });
  const newest = backups.sort((one, other) => (one.order < other.order ? -1 : 1)).at(-1);
  return newest === undefined ? undefined : readFile(join(folder, newest.name), 'utf8');
}

const backupEnd = /^(\d{4}-\d{2}-\d{2}-\d{6})(?:-(\d+))?\.bak$/;

/** A copy with the same mode; an older one is never overwritten. */
async function keep(file: ConfigFile, now: Date): Promise<string> {
  const stamp = now.toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '');
  for (let count = 1; ; count++) {
    const path = `${file.path}.${stamp}${count === 1 ? '' : `-${count}`}.bak`;
    try {
      await writeFile(path, file.text, { flag: 'wx', mode: file.mode, flush: true });
      await chmod(path, file.mode);
      return path;
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
  }
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

function unreadable(path: string, error: unknown): unknown {
  if (hasCode(error, 'host_config')) return error;
  return hostConfigError(`${path} cannot be read: ${codeOf(error)}`, undefined, error);
}

function hasCode(error: unknown, code: string): boolean {
  return codeOf(error) === code;
}

function codeOf(error: unknown): string {
  return isRecord(error) && typeof error['code'] === 'string' ? error['code'] : String(error);
}
