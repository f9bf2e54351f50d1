import type { NostrEvent } from '@mcp-nostr/core';

import type { RelayError } from './errors.ts';

/** A filter of NIP-01 as we send it. */
export interface Filter {
  ids?: string[];
  authors?: string[];
  kinds?: number[];
  since?: number;
  until?: number;
  limit?: number;
  [tag: `#${string}`]: string[] | undefined;
}

export interface SubscriptionHandlers {
  onevent(event: NostrEvent): void;
  /** The stored events are through (EOSE), or the relay takes too long over saying so. */
  oneose?(): void;
  /** The relay refused or ended it. */
  onclosed?(error: RelayError): void;
}

/** One REQ: kept over reconnections. */
export interface Subscription extends SubscriptionHandlers {
  readonly id: string;
  /** Made anew for each REQ, so that `since` moves with the time. */
  readonly filters: () => Filter[];
  /** EOSE came on the present connection. */
  live: boolean;
}
