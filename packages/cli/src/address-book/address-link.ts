import { CliError, exitCodes } from '../errors.ts';
import { hideSecret } from '../log/redact.ts';
import { limits } from './limits.ts';

/** What a person was sent: an address, and perhaps the right to use it. */
export interface AddressLink {
  /** Without what stands around it. */
  address: string;
  /** A secret; hidden already. */
  invite?: string;
}

/**
 * Takes apart `address`, `address?invite=CODE`, and any URL with one of these in its fragment: browsers do not send that
 * part, so no web server has read it. The URL itself is never asked for.
 * @throws {CliError} `usage` for an invite that is none; it is not repeated
 */
export function parseAddressLink(text: string): AddressLink {
  const given = text.trim();
  const [, sent = '', fragment] = /^([a-z][a-z\d+.-]*:\/\/[^#]*)(?:#(.*))?$/is.exec(given) ?? [];
  const [, exposed] = /[?&]invite=([^&]*)/i.exec(sent) ?? [];
  if (exposed !== undefined) {
    hideSecret(exposed);
    throw badInvite('it stands in a place where web servers read it');
  }
  const link = fragment ?? given;
  const end = link.indexOf('?');
  const invite = end === -1 ? null : new URLSearchParams(link.slice(end + 1)).get('invite');
  if (invite === null) return { address: link };
  hideSecret(invite);
  if (!/^[\w-]{8,}$/.test(invite) || invite.length > limits.maxInviteLength)
    throw badInvite('it is cut off, or has other characters than letters, digits and hyphens');
  return { address: link.slice(0, end), invite };
}

/**
 * The address alone, for commands that take no invite.
 * @throws {CliError} `usage` for a link with an invite, which is not repeated
 */
export function withoutInvite(text: string): string {
  const { address, invite } = parseAddressLink(text);
  if (invite === undefined) return address;
  throw new CliError('usage', exitCodes.usage, 'that is an invite, and not an address to call', {
    hint: 'redeem it once with: mcp-nostr pair, which asks for it; then the server has a name here',
  });
}

function badInvite(reason: string): CliError {
  return new CliError('usage', exitCodes.usage, `the invite in that link cannot be used: ${reason}`, {
    hint: 'an invite link is an address, then ?invite= and 26 letters and digits; copy it again, whole',
  });
}
