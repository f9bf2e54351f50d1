import type { Introduction } from '@mcp-nostr/core/contextvm';

/** What a public server says of itself to everybody, and where. */
export interface AnnounceOptions extends Introduction {
  /** Where it is announced beside its own relays. */
  relays?: readonly string[] | undefined;
  /** Also which relays it is reached on, for clients that have its key alone (kind 10002). @default false */
  relayList?: boolean | undefined;
  /** Also a profile of its key (kind 0): of the words above, and of what is given here. @default false */
  profile?: boolean | Readonly<Record<string, unknown>> | undefined;
  /** What its common tool schemas are filed under (CEP-15). */
  categories?: readonly string[] | undefined;
}

/** A relay has all that is announced. */
export interface Announced {
  relay: string;
  /** Kinds of the events that it took just now. */
  kinds: number[];
}
