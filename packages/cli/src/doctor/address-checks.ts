import { findRelays } from '@mcp-nostr/client';
import { type Address, formatAddress, formatNpub } from '@mcp-nostr/core';
import { TransportError } from '@mcp-nostr/transport';

import { describeError } from '../errors.ts';
import { type Check, Findings } from './check.ts';

/** Where an address leads. */
export interface Way {
  /** Where the server is looked for. */
  relays: Promise<string[]>;
  checks: Promise<Check[]>;
}

export interface GivenRelays {
  /** `--relay` */
  relays: string[] | undefined;
  /** `MCP_NOSTR_RELAYS` */
  lookupRelays: string[] | undefined;
}

/** Relays that the address names, or `--relay`, are known at once; those of a bare key have to be looked up. */
export function findWay(address: Address, given: GivenRelays): Way {
  if (address.relays.length > 0) {
    const relays = given.relays ?? address.relays;
    return { relays: Promise.resolve(relays), checks: compareWithList(address, relays, given.lookupRelays) };
  }
  const found = lookUp(address, given.relays ?? given.lookupRelays);
  return {
    relays: found.then(({ relays }) => relays),
    checks: found.then(({ findings }) => findings.checks),
  };
}

/**
 * Only the relays that the address names, or that were given, are asked for a relay list: nobody else need know who is
 * looked up.
 */
async function compareWithList(
  address: Address,
  relays: string[],
  lookupRelays: string[] = [],
): Promise<Check[]> {
  const findings = new Findings('address');
  const listed = await listedRelays(address, [...new Set([...relays, ...lookupRelays])]);
  if (listed === undefined) findings.ok('', `names ${countRelays(address.relays)}`);
  else if (isSameSet(listed, address.relays))
    findings.ok('', `names ${countRelays(listed)}, as the server's relay list does`);
  else
    findings.warn(
      '',
      `names ${address.relays.join(', ')}; the server's relay list (kind 10002) now says ${listed.join(', ')}`,
      `by that list its address is ${formatAddress({ pubkey: address.pubkey, relays: listed })}`,
    );
  return findings.checks;
}

async function lookUp(
  address: Address,
  lookupRelays: string[] | undefined,
): Promise<{ findings: Findings; relays: string[] }> {
  const findings = new Findings('address');
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
