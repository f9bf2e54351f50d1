import { parseRelayUrl, type Signer } from '@mcp-nostr/core';
import { type RelayError, RelayReader, TransportError } from '@mcp-nostr/transport';

import { AnnouncementBook } from './announcement-book.ts';
import { discoveryLimits as limits } from './limits.ts';
import { RelaySearch } from './relay-search.ts';

export interface SearchOptions {
  /** Where to look. */
  relays: readonly string[];
  /** What each relay may take for each of a few questions. @default 5,000 */
  timeoutMs?: number | undefined;
  /** Ends the search; what was found by then is the result. */
  signal?: AbortSignal | undefined;
  /** A relay has said all that it was asked for; with a failure it could not, or not all. */
  onrelay?: ((relay: string, failure?: RelayError) => void) | undefined;
  /** For relays that answer only those who prove who they are. */
  signer?: Signer | undefined;
  /** Milliseconds since 1970. @default Date.now */
  now?: (() => number) | undefined;
}

/**
 * Lets several relays be asked at the same time, each as long as it may take.
 * @throws {TransportError} `no_relays`; `relays_unreachable` when none of them has answered
 * @throws {AddressError} for what is no relay's URL
 */
export async function search(
  options: SearchOptions,
  work: (searches: readonly RelaySearch[], book: AnnouncementBook) => Promise<void>,
): Promise<void> {
  const { now = Date.now, signer, timeoutMs = limits.timeoutMs, signal, onrelay } = options;
  const urls = [...new Set(options.relays.map(parseRelayUrl))].slice(0, limits.maxRelays);
  if (urls.length === 0)
    throw new TransportError('no_relays', 'no relay to look on: name at least one ws:// or wss:// URL');
  const nowSeconds = (): number => Math.floor(now() / 1_000);
  const book = new AnnouncementBook(urls, nowSeconds);
  const searches = urls.map(
    (url) =>
      new RelaySearch(new RelayReader(url, { signer, now, maxLength: limits.maxRelayLength }), {
        book,
        nowSeconds,
        timeoutMs,
        signal,
      }),
  );
  try {
    await work(searches, book);
  } finally {
    for (const each of searches) each.close();
  }
  for (const { url, failure } of searches) onrelay?.(url, failure);
  if (signal?.aborted !== true && searches.every(({ hasAnswered }) => !hasAnswered))
    throw unreachable(searches);
}

function unreachable(searches: readonly RelaySearch[]): TransportError {
  const relays = searches.map(({ url, failure }) => ({
    url,
    code: failure?.code ?? 'error',
    reason: failure?.message ?? 'no answer',
  }));
  const list = relays.map(({ url, reason }) => `${url} (${reason})`).join(', ');
  return new TransportError('relays_unreachable', `no relay has answered: ${list}`, {
    cause: searches[0]?.failure,
    data: { relays },
  });
}
