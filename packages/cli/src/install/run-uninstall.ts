import { homedir } from 'node:os';

import { AddressError, parseAddress } from '@mcp-nostr/core';

import { usageError } from '../errors.ts';
import { changeHosts, type ChangeOptions, throwPartial } from './changes.ts';
import { requireConsent } from './choose.ts';
import { presentHosts } from './client-option.ts';
import type { Host } from './hosts.ts';
import { planUninstall } from './plan.ts';

export interface UninstallOptions extends ChangeOptions {
  client?: Host[];
}

export async function runUninstall(text: string, options: UninstallOptions): Promise<void> {
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
