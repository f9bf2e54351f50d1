import { formatNpub, parseAddress } from '@mcp-nostr/core';

import { updateBook } from '../address-book/book-file.ts';
import { askConsent, canAsk } from '../ask.ts';
import { CliError, exitCodes } from '../errors.ts';
import { textOf, updateFile } from '../locked-file.ts';
import { pinsPath } from '../pins/pin-file.ts';
import { contradiction, dateOf, movedError } from './moved.ts';
import { noteSuccessor, setFollowed, type Successor } from './successor-file.ts';

export interface Agreement {
  /** The key that was addressed, hex. */
  former: string;
  successor: Successor;
  /** Of a command line: the address as it was given, and options that lead there. */
  words: string;
  /** The new key that a person has looked at: nobody is asked then. */
  npub?: string | undefined;
}

/**
 * Has a person agree that a server has another key, and then uses that from now on: under each name that the server has
 * here and for the former key itself, with what was pinned of it.
 * @throws {CliError} `server_moved` where nobody can be asked, `pin_mismatch` for another key than was seen before
 */
export async function follow({ former, successor, words, npub }: Agreement): Promise<void> {
  const first = await noteSuccessor(former, successor);
  if (npub !== undefined) checkLookedAt(former, successor, npub);
  else {
    if (first.pubkey !== successor.pubkey) throw contradiction(former, first, successor);
    if (!canAsk()) throw movedError(former, words, successor);
    process.stderr.write(
      `${formatNpub(former)}\nhas another key since ${dateOf(successor.announcedAt)}, by its own word:\n` +
        `${formatNpub(successor.pubkey)}\nWhoever has stolen the former key could say the same: its owner knows.\n`,
    );
    await askConsent('Use the new key from now on?');
  }
  await setFollowed(former, successor);
  const { pubkey, relays } = successor;
  await updateBook((servers) => {
    for (const [name, server] of servers)
      if (server.pubkey === former)
        servers.set(name, { ...server, pubkey, relays: relays.length === 0 ? server.relays : relays });
  });
  await movePins(former, pubkey);
}

function checkLookedAt(former: string, { pubkey }: Successor, npub: string): void {
  if (parseAddress(npub).pubkey === pubkey) return;
  throw new CliError(
    'pin_mismatch',
    exitCodes.verificationFailed,
    `${formatNpub(former)} names ${formatNpub(pubkey)} as the key that follows it, and not ${npub}`,
    { hint: 'nothing was changed; ask its owner which of the two it is' },
  );
}

/** What the former key showed is held against the new one, unless that was used already and has pins of its own. */
async function movePins(former: string, pubkey: string): Promise<void> {
  const text = textOf(pinsPath(former));
  if (text !== undefined) await updateFile(pinsPath(pubkey), (own) => (own === undefined ? text : undefined));
}
