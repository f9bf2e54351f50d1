import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';

import { isRecord } from '@mcp-nostr/core';

import { describeError } from '../errors.ts';
import type { Program } from '../host-start/hosted-program.ts';
import { hostEntries } from './config/host-config.ts';
import { type Host, hosts, type Machine } from './hosts.ts';
import { ownServers } from './own-entry.ts';
import { desktopEnvironment } from './written-entry.ts';

/** One of our entries in a host's configuration. `env`: as the host gives it to the command; a host with a window has no shell's environment. */
export interface ConfiguredEntry extends Program {
  name: string;
}

/** What a host has in its configuration. */
export interface HostConfig {
  host: Host;
  file: string;
  /** Undefined when there is no such file. */
  entries: ConfiguredEntry[] | undefined;
  /** Why it cannot be read. */
  problem?: string;
}

/** What the hosts of this machine have of us. Never throws: what is wrong with a file is its `problem`. */
export function hostConfigs(): HostConfig[] {
  return hosts.map((host) => hostConfig(host));
}

/** The same of one of them. */
export function hostConfig(host: Host): HostConfig {
  const machine: Machine = { platform: process.platform, env: process.env, home: homedir() };
  const file = host.file(machine);
  if (!existsSync(file)) return { host, file, entries: undefined };
  try {
    const servers = Object.entries(hostEntries(host, readFileSync(file, 'utf8')));
    return { host, file, entries: servers.flatMap(([name, entry]) => ours(host, name, entry)) };
  } catch (error) {
    return { host, file, entries: [], problem: describeError(error).message };
  }
}

/** Nothing for an entry that is somebody else's. */
function ours(host: Host, name: string, entry: unknown): ConfiguredEntry[] {
  if (!isRecord(entry) || ownServers(entry) === undefined) return [];
  const args = Array.isArray(entry['args']) ? entry['args'].map(String) : [];
  const given = isRecord(entry['env']) ? entry['env'] : {};
  const added = Object.entries(given).map(([key, value]) => [key, String(value)] as const);
  const env = { ...(hasWindow(host) ? desktopEnvironment() : process.env), ...Object.fromEntries(added) };
  return [{ name, command: String(entry['command']), args, env }];
}

/** Others are commands, and have what their shell has. */
function hasWindow({ command }: Host): boolean {
  return command === undefined;
}
