import { CliError } from '../errors.ts';
import { type ConfigFile, newestBackup, readConfigFile } from './config/config-file.ts';
import { hostConfigError } from './config/host-config-error.ts';
import { hostEntries, withEntry, withoutEntry } from './config/host-config.ts';
import type { Host, Machine } from './hosts.ts';
import { type HostEntry, ownServers } from './own-entry.ts';
import { nameWithKey } from './server-name.ts';

/** What is to happen to the file of one host. */
export interface Change {
  host: Host;
  file: ConfigFile;
  /** Of the server in that host; when several are removed, of each. */
  names: string[];
  kind: 'add' | 'replace' | 'same' | 'remove';
  /** The new text; null for a file that goes. */
  text: string | null;
}

export interface WantedServer {
  pubkey: string;
  name: string;
  /** The person has said the name: what stands there under it, and is ours, gives way. */
  isNameGiven: boolean;
  entryFor: (host: Host) => HostEntry;
}

/** @throws {CliError} `host_config`, with the file and the line, when it cannot be done without harm */
export async function planInstall(host: Host, machine: Machine, wanted: WantedServer): Promise<Change> {
  const file = await readConfigFile(host.file(machine));
  return naming(file, () => {
    const entries = new Map(Object.entries(hostEntries(host, file.text)));
    const name = nameIn(entries, wanted);
    const former = entries.get(name);
    if (former !== undefined && ownServers(former) === undefined) {
      throw hostConfigError(
        `${host.title} has another server with the name "${name}"`,
        'give another with --name',
      );
    }
    const text = withEntry(host, file.text, name, wanted.entryFor(host));
    const kind = former === undefined ? 'add' : text === file.text ? 'same' : 'replace';
    return { host, file, names: [name], kind, text };
  });
}

/** What a server is called in a host: as it is there already, or as it is wanted and free. */
function nameIn(entries: ReadonlyMap<string, unknown>, { name, isNameGiven, pubkey }: WantedServer): string {
  if (isNameGiven) return name;
  const [known] = namesOf(entries, pubkey);
  if (known !== undefined) return known;
  return entries.has(name) ? nameWithKey(name, pubkey) : name;
}

/** Under which names a host has exactly this server. One entry for several servers is not this one. */
function namesOf(entries: ReadonlyMap<string, unknown>, pubkey: string): string[] {
  return [...entries].flatMap(([name, entry]) => {
    const servers = ownServers(entry);
    return servers?.length === 1 && servers[0] === pubkey ? [name] : [];
  });
}

/**
 * Undefined when the host does not have it.
 * @throws {CliError} `host_config`, also for an entry of that name that is not ours
 */
export async function planUninstall(
  host: Host,
  machine: Machine,
  wanted: { pubkey: string } | { name: string },
): Promise<Change | undefined> {
  const file = await readConfigFile(host.file(machine));
  const backup = await newestBackup(file);
  return naming(file, () => {
    const entries = new Map(Object.entries(hostEntries(host, file.text)));
    const names =
      'pubkey' in wanted ? namesOf(entries, wanted.pubkey) : entries.has(wanted.name) ? [wanted.name] : [];
    if (names.length === 0) return undefined;
    const foreign = names.find((name) => ownServers(entries.get(name)) === undefined);
    if (foreign !== undefined)
      throw hostConfigError(
        `"${foreign}" in ${host.title} does not run mcp-nostr, and stays`,
        'remove it by hand',
      );
    const text = names.reduce((rest, name) => withoutEntry(host, rest, name), file.text);
    const former = backup === undefined ? undefined : formerText(host, file, backup, names, entries);
    // A file that has nothing but what was taken out, and no earlier version, was made for it.
    const isLeftOver = backup === undefined && /^\s*(\{\s*\})?\s*$/.test(text);
    return { host, file, names, kind: 'remove', text: isLeftOver ? null : (former ?? text) };
  });
}

/** The text before the server was added, if nothing else has changed since: so its every character comes back. */
function formerText(
  host: Host,
  file: ConfigFile,
  backup: string,
  names: readonly string[],
  entries: ReadonlyMap<string, unknown>,
): string | undefined {
  const [name = '', second] = names;
  const entry = asHostEntry(entries.get(name));
  if (second !== undefined || entry === undefined) return undefined;
  try {
    if (Object.hasOwn(hostEntries(host, backup), name)) return undefined;
    return withEntry(host, backup, name, entry) === file.text ? backup : undefined;
  } catch (error) {
    if (error instanceof CliError) return undefined; // A backup that cannot be read is none.
    throw error;
  }
}

function asHostEntry(entry: unknown): HostEntry | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  const { type, command, args }: { type?: unknown; command?: unknown; args?: unknown } = entry;
  if (typeof command !== 'string' || !Array.isArray(args)) return undefined;
  return { ...(type === 'stdio' ? { type } : {}), command, args: args.map(String) };
}

/** Errors say which file they are about. */
function naming<T>({ path }: ConfigFile, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    throw hostConfigError(`${path}: ${error.message}`, error.hint, error);
  }
}
