import type { Encryption } from '@mcp-nostr/transport';

/** One of the ways in which the same behaviour must come about. */
export interface Leg {
  readonly name: string;
  readonly encryption: Extract<Encryption, 'required' | 'none'>;
  readonly relayCount: number;
}

export const legs: readonly Leg[] = [
  { name: 'encrypted, one relay', encryption: 'required', relayCount: 1 },
  { name: 'encrypted, two relays', encryption: 'required', relayCount: 2 },
  { name: 'plain, one relay', encryption: 'none', relayCount: 1 },
  { name: 'plain, two relays', encryption: 'none', relayCount: 2 },
];

/** The legs of one relay, for what does not depend on their number. */
export const oneRelayLegs: readonly Leg[] = legs.filter(({ relayCount }) => relayCount === 1);
export const twoRelayLegs: readonly Leg[] = legs.filter(({ relayCount }) => relayCount === 2);
