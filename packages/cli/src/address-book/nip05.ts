import { isRecord, parseRelayUrl } from '@mcp-nostr/core';

import { CliError, exitCodes } from '../errors.ts';
import { oneLine } from '../terminal.ts';
import { limits } from './limits.ts';

/** What a domain says of a name (NIP-05). */
export interface NamedKey {
  pubkey: string;
  /** Where that key may be found; hints. */
  relays: string[];
}

/**
 * `name@domain` in one spelling, of `domain` alone `_@domain`; undefined for a text that is neither. A domain in other
 * letters than ASCII is shown by its Punycode, so that nobody takes it for another.
 */
export function parseNip05(text: string): string | undefined {
  if (text.length > limits.maxNip05Length) return undefined;
  // NIP-05: "the <local-part> part MUST only use characters a-z0-9-_."
  const [, name = '_', domain = ''] = /^(?:([a-z\d._-]+)@)?([^\s@/?#\\]+)$/i.exec(text) ?? [];
  if (!text.includes('@') && !/\..*[a-z]/i.test(domain)) return undefined;
  try {
    const { host } = new URL(`https://${domain}/`);
    const nip05 = `${name.toLowerCase()}@${host}`;
    // Punycode takes more than what it stands for.
    return nip05.length > limits.maxNip05Length ? undefined : nip05;
  } catch {
    return undefined;
  }
}

/** As people know it: `_@domain` is the domain's own. */
export function shownNip05(nip05: string): string {
  return nip05.replace(/^_@/, '');
}

/**
 * Asks the domain, over https alone.
 * @throws {CliError} `name_unreachable` without a usable answer; `bad_address` where the domain has no such name
 */
export async function lookUpNip05(
  nip05: string,
  fetch: typeof globalThis.fetch = globalThis.fetch,
): Promise<NamedKey> {
  const [name = '', domain = ''] = nip05.split('@');
  const url = `https://${domain}/.well-known/nostr.json?name=${encodeURIComponent(name)}`;
  let document: unknown;
  try {
    const response = await fetch(url, {
      headers: { accept: 'application/json' },
      // NIP-05: "Fetchers MUST ignore any HTTP redirects".
      redirect: 'error',
      signal: AbortSignal.timeout(limits.lookupTimeoutMs),
    });
    if (!response.ok) throw new Error(`it answered with status ${response.status}`);
    document = JSON.parse(await boundedText(response));
  } catch (cause) {
    throw new CliError(
      'name_unreachable',
      exitCodes.unreachable,
      `${domain} could not be asked for the key of ${shownNip05(nip05)}: ${reasonOf(cause)}`,
      { hint: `give the server's nprofile or npub instead; its owner finds the answer at ${url}`, cause },
    );
  }
  const names = isRecord(document) ? document['names'] : undefined;
  const pubkey = isRecord(names) && Object.hasOwn(names, name) ? names[name] : undefined;
  // NIP-05: "Keys must be returned in hex format"; what else stands there is no key.
  if (typeof pubkey !== 'string' || !/^[0-9a-f]{64}$/.test(pubkey)) {
    throw new CliError('bad_address', exitCodes.usage, `${domain} names no key for ${shownNip05(nip05)}`, {
      hint: "check the spelling, or give the server's nprofile or npub instead",
    });
  }
  return { pubkey, relays: relaysOf(isRecord(document) ? document['relays'] : undefined, pubkey) };
}

/** `"relays": {"<hex>": ["wss://…"]}` */
function relaysOf(relays: unknown, pubkey: string): string[] {
  const urls = isRecord(relays) ? relays[pubkey] : undefined;
  if (!Array.isArray(urls)) return [];
  const parsed = urls.flatMap((url: unknown) => {
    try {
      return typeof url === 'string' ? [parseRelayUrl(url)] : [];
    } catch {
      return []; // One bad hint does not spoil the others.
    }
  });
  return [...new Set(parsed)].slice(0, limits.maxRelays);
}

async function boundedText({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let bytes = 0;
  let text = '';
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > limits.maxLookupBytes) throw new Error(`it sent more than ${limits.maxLookupBytes} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** The innermost cause: fetch says only that it failed. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return oneLine(String(error), 200);
  if (error.name === 'TimeoutError') return `no answer within ${limits.lookupTimeoutMs / 1_000} s`;
  if (error instanceof SyntaxError) return 'its answer is no JSON';
  return error.cause instanceof Error ? reasonOf(error.cause) : oneLine(error.message, 200);
}
