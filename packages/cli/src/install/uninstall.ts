import { homedir } from 'node:os';

import { AddressError, parseAddress } from '@mcp-nostr/core';
import { Command } from 'commander';

import { usageError } from '../errors.ts';
import { changeHosts, type ChangeOptions, throwPartial } from './changes.ts';
import { requireConsent } from './choose.ts';
import { clientNames, collectClients, presentHosts } from './client-option.ts';
import type { Host } from './hosts.ts';
import { planUninstall } from './plan.ts';

interface UninstallOptions extends ChangeOptions {
  client?: Host[];
}

export function uninstallCommand(): Command {
  return new Command('uninstall')
    .description('Take a server out of the configuration of the MCP hosts of this machine.')
    .argument('<name|address>', 'what the hosts call it, or its nprofile, npub or hex')
    .option('--client <names>', `only out of these hosts: ${clientNames}`, collectClients)
    .option('--dry-run', 'show what would be changed')
    .option('--yes', 'change without asking')
    .option('--json', 'print one JSON document')
    .action(runUninstall);
}

async function runUninstall(text: string, options: UninstallOptions): Promise<void> {
  requireConsent(options);
  const machine = { platform: process.platform, env: process.env, home: homedir() };
  const wanted = addressOrName(text);
  const changed = await changeHosts(
    options.client ?? presentHosts(machine),
    machine,
    { plan: (host) => planUninstall(host, machine, wanted) },
    options,
  );
  if (options.json === true) process.stdout.write(`${JSON.stringify({ hosts: changed.outcomes })}\n`);
  throwPartial(changed);
  if (changed.outcomes.length > 0) return;
  throw usageError(
    `no host has ${'name' in wanted ? `a server "${text}"` : 'this server'}`,
    'mcp-nostr doctor shows what each has',
  );
}

/** Whatever is no address can only be a name. */
function addressOrName(text: string): { pubkey: string } | { name: string } {
  try {
    return { pubkey: parseAddress(text).pubkey };
  } catch (error) {
    if (error instanceof AddressError && error.code === 'bad_address') return { name: text };
    throw error;
  }
}
