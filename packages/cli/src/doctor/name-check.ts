import { formatNpub } from '@mcp-nostr/core';

import { shownNip05 } from '../address-book/nip05.ts';
import { type ResolvedServer, verify } from '../address-book/resolve-address.ts';
import { describeError } from '../errors.ts';
import { type Check, Findings } from './check.ts';

/** Whether a name still leads where it led first. Nothing for an address. */
export async function checkName(server: ResolvedServer): Promise<Check[]> {
  const { name, nip05, pubkey } = server;
  const findings = new Findings('name');
  const npub = formatNpub(pubkey);
  if (nip05 === undefined) {
    if (name !== undefined) findings.ok('', `${name} is ${npub}`);
    return findings.checks;
  }
  const shown = shownNip05(nip05);
  const unsaid: string[] = [];
  try {
    const { isVerified } = await verify(server, (line) => unsaid.push(line));
    if (isVerified === true) findings.ok('', `${shown} is ${npub}, by the word of its domain`);
    else findings.warn('', unsaid.join('; '), 'it is verified when the domain answers again');
  } catch (error) {
    const { message, hint = '', exitCode } = describeError(error);
    findings.fail('', message, { hint, exitCode });
  }
  return findings.checks;
}
