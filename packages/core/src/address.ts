import * as nip19 from 'nostr-tools/nip19';

import { AddressError } from './errors.ts';
import { isHex32 } from './event.ts';

/** Where an MCP server is: its key and, when the address carries them, the relays it listens on. */
export interface Address {
  /** 64 lower-case hex characters. */
  pubkey: string;
  relays: string[];
}

/** An address of more than this is no bech32 code that anyone shares; nprofile with many relays stays far below. */
const MAX_ADDRESS_LENGTH = 5_000;

/** NIP-19 gives the length of a hint one byte. */
const MAX_RELAY_URL_LENGTH = 255;

/**
 * Reads what a person pastes: nprofile, npub (NIP-19), hex, each with or without `nostr:` (NIP-21).
 * @throws {AddressError} `bad_address`; `secret_key_given` for an nsec
 */
export function parseAddress(text: string): Address {
  const given = text.trim().replace(/^(web\+)?nostr:/i, '');
  const code = given.toLowerCase();
  // Anywhere in it, and without its first letter too: what is refused is said back. No other code has this in it.
  if (code.includes('sec1')) {
    throw new AddressError(
      'secret_key_given',
      'that is a secret key (nsec), not an address: whoever saw it can act as its owner. ' +
        "Replace it by a new key, and give the server's npub or nprofile instead",
    );
  }
  if (isHex32(code)) return { pubkey: code, relays: [] };
  if (given.length > MAX_ADDRESS_LENGTH) throw badAddress(`${given.slice(0, 20)}…`, 'it is too long');
  if (!code.startsWith('npub1') && !code.startsWith('nprofile1')) {
    throw badAddress(text, 'an address is an nprofile1…, npub1…, or 64 hex characters');
  }
  let decoded: nip19.DecodedResult;
  try {
    decoded = nip19.decode(code);
  } catch (cause) {
    throw badAddress(text, 'its checksum is wrong; copy it again, whole', cause);
  }
  if (decoded.type === 'npub') return { pubkey: decoded.data, relays: [] };
  if (decoded.type !== 'nprofile') throw badAddress(text, `it is an ${decoded.type}`);
  const relays = (decoded.data.relays ?? []).flatMap((url) => {
    try {
      return [parseRelayUrl(url)];
    } catch {
      return []; // One bad hint in an address does not spoil the others.
    }
  });
  return { pubkey: decoded.data.pubkey, relays };
}

/** The form to share: key and relays in one code (NIP-19 nprofile). */
export function formatAddress(address: Address): string {
  return nip19.nprofileEncode(address);
}

/** The key alone (NIP-19 npub). */
export function formatNpub(pubkey: string): string {
  return nip19.npubEncode(pubkey);
}

/**
 * A relay's URL in one spelling, without the slash of an empty path.
 * @throws {AddressError} `bad_relay_url`
 */
export function parseRelayUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch (cause) {
    throw new AddressError(
      'bad_relay_url',
      `not a relay's URL: ${quote(text)}; use wss://host or ws://host`,
      { cause },
    );
  }
  if (url.protocol !== 'wss:' && url.protocol !== 'ws:') {
    throw new AddressError(
      'bad_relay_url',
      `not a relay's URL: ${quote(text)}; it starts with wss:// or ws://`,
    );
  }
  url.hash = '';
  // A question mark with nothing behind it.
  if (url.search === '') url.search = '';
  if (url.href.length > MAX_RELAY_URL_LENGTH) {
    throw new AddressError(
      'bad_relay_url',
      `a relay's URL has at most ${MAX_RELAY_URL_LENGTH} characters, this one ${url.href.length}: an address has no room for it`,
    );
  }
  return url.pathname === '/' && url.search === '' ? url.href.slice(0, -1) : url.href;
}

function badAddress(text: string, reason: string, cause?: unknown): AddressError {
  return new AddressError('bad_address', `not an address: ${quote(text)}; ${reason}`, { cause });
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
