import { InvalidArgumentError, Option } from 'commander';

import { usageError } from '../errors.ts';
import { findHosts, type Host, hosts, type Machine } from './hosts.ts';

/** `--client`, repeatable. Each use may also hold several names, separated by commas, so the choices are for shells alone. */
export function clientOption(description: string): Option {
  return new Option('--client <names>', description)
    .choices(hosts.map(({ id }) => id))
    .argParser(collectClients);
}

function collectClients(text: string, earlier: Host[] = []): Host[] {
  const chosen = text
    .split(',')
    .map((part) => part.trim().toLowerCase())
    .map((id) => hosts.find((host) => host.id === id) ?? unknownClient(id));
  return [...new Set([...earlier, ...chosen])];
}

function unknownClient(id: string): never {
  throw new InvalidArgumentError(`no host "${id}" is known; there are ${clientNames}`);
}

export const clientNames: string = hosts.map(({ id }) => id).join(', ');

/** @throws {CliError} `usage` when there is none */
export function presentHosts(machine: Machine): Host[] {
  const found = findHosts(machine);
  if (found.length > 0) return found;
  throw usageError(
    'no MCP host was found on this machine',
    `--client <name> names one all the same: ${clientNames}`,
  );
}
