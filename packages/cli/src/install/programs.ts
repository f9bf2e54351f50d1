import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { programFolder } from '../own-command.ts';
import { readConfigFile } from './config/config-file.ts';
import { hosts, type Machine } from './hosts.ts';

/**
 * The copies of this program that some configuration of a host mentions, by their paths. What cannot be read may mention
 * any.
 */
export async function programsInUse(machine: Machine): Promise<string[]> {
  const folder = programFolder('hosts', machine.env);
  const names = await readdir(folder).catch(() => []);
  if (names.length === 0) return [];
  const files = hosts.map(async (host) => readConfigFile(host.file(machine)));
  const texts = (await Promise.allSettled(files)).map((read) =>
    read.status === 'fulfilled' ? read.value.text : undefined,
  );
  // By its name alone: a path may be written in more than one way.
  const isInUse = (name: string): boolean => texts.some((text) => text === undefined || text.includes(name));
  return names.filter(isInUse).map((name) => join(folder, name));
}

/** Removes those that were in use before and are not any more, and returns them. */
export async function removeUnused(before: readonly string[], machine: Machine): Promise<string[]> {
  const inUse = await programsInUse(machine);
  const unused = before.filter((path) => !inUse.includes(path));
  // One that cannot be removed is a file too many, and nothing worse.
  await Promise.allSettled(unused.map((path) => rm(path, { force: true })));
  return unused;
}
