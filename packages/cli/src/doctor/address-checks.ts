import { findRelays } from '@mcp-nostr/client';
import { type Address, formatAddress, formatNpub } from '@mcp-nostr/core';
import { TransportError } from '@mcp-nostr/transport';

import { describeError } from '../errors.ts';
import { Findings } from './check.ts';

export interface AddressReport {
  findings: Findings;
  /** Where the server is looked for. */
  relays: string[];
}

export interface GivenRelays {
  /** `--relay` */
  relays: string[] | undefined;
  /** `MCP_NOSTR_RELAYS` */
  lookupRelays: string[] | undefined;
}

/**
 * Where an address leads. For one with relays only those and the relays that were named are asked for a relay list:
 * nobody else need know who is looked up.
 */
export async function checkAddress(
  address: Address,
  { relays, lookupRelays }: GivenRelays,
): Promise<AddressReport> {
  const findings = new Findings('address');
  if (address.relays.length === 0) return checkBareKey(address, relays ?? lookupRelays, findings);
  const asked = [...new Set([...(relays ?? address.relays), ...(lookupRelays ?? [])])];
  const listed = await listedRelays(address, asked);
  const used = relays ?? address.relays;
  if (listed === undefined) findings.ok('', `names ${countRelays(address.relays)}`);
  else if (isSameSet(listed, address.relays))
    findings.ok('', `names ${countRelays(listed)}, as the server's relay list does`);
  else
    findings.warn(
      '',
      `names ${address.relays.join(', ')}; the server's relay list (kind 10002) now says ${listed.join(', ')}`,
      `by that list its address is ${formatAddress({ pubkey: address.pubkey, relays: listed })}`,
    );
  return { findings, relays: used };
}

async function checkBareKey(
  address: Address,
  lookupRelays: string[] | undefined,
  findings: Findings,
): Promise<AddressReport> {
  try {
    const relays = await findRelays(address, lookupRelays);
    findings.ok('', `${formatNpub(address.pubkey)} is looked for on ${relays.join(', ')}`);
    return { findings, relays };
  } catch (error) {
    const { message, hint = 'ask its owner for the nprofile', exitCode } = describeError(error);
    findings.fail('', message, { hint, exitCode });
    return { findings, relays: [] };
  }
}

/** Undefined where there is no relay list. */
async function listedRelays(address: Address, asked: string[]): Promise<string[] | undefined> {
  try {
    return await findRelays({ ...address, relays: [] }, undefined, { defaults: asked });
  } catch (error) {
    if (error instanceof TransportError && error.code === 'no_relays') return undefined;
    throw error;
  }
}

function isSameSet(some: string[], others: string[]): boolean {
  return some.length === others.length && some.every((each) => others.includes(each));
}

function countRelays(relays: string[]): string {
  return relays.length === 1 ? relays.join('') : `${relays.length} relays`;
}
