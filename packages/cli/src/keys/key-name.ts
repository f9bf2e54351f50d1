import { CliError, exitCodes, usageError } from '../errors.ts';
import { oneLine } from '../terminal.ts';

export const MAX_NAME_LENGTH = 64;

/** What a stored key is called: a part of a file's name on every system, and a word of every shell. */
export function isKeyName(text: string): boolean {
  return /^[a-z0-9_-]+$/.test(text) && text.length <= MAX_NAME_LENGTH && !looksLikeKey(text);
}

/** @throws {CliError} for what is no name; a secret is not repeated */
export function parseKeyName(text: string): string {
  refuseKeyItself(text);
  if (isKeyName(text)) return text;
  throw usageError(
    `${JSON.stringify(oneLine(text, 70))} is no name for a key`,
    `it has 1 to ${MAX_NAME_LENGTH} lower-case letters, digits, - and _`,
  );
}

/**
 * A key itself has no place in the arguments: every user of the machine sees them.
 * @throws {CliError} `secret_key_given`
 */
export function refuseKeyItself(text: string): void {
  // Taken for a path, it would be the name of a new file, with the word that lets us in.
  if (/^(bunker|nostrconnect):/i.test(text)) {
    throw new CliError(
      'secret_key_given',
      exitCodes.usage,
      '--key takes the name of a key or of a file, and this is the address of a remote signer',
      {
        hint: 'mcp-nostr key import <name> asks for it and keeps it; other users can see arguments: have the signer make a new one',
      },
    );
  }
  if (!/^(0x)?[0-9a-f]{64}$/i.test(text)) return;
  throw new CliError(
    'secret_key_given',
    exitCodes.usage,
    '--key takes the name of a key or of a file, and this looks like a key',
    {
      hint: 'other users and the history of your shell can see arguments: if it is a secret key, replace it by a new one',
    },
  );
}

/** An npub is as long as a name may be, and nobody means it as one. */
function looksLikeKey(text: string): boolean {
  return /^(n(pub|sec|cryptsec|profile)1|[0-9a-f]{64}$)/.test(text);
}
