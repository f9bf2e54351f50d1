import type { RelayLimits } from '../limits.ts';

/** The version of this package; a test holds it to package.json. */
export const VERSION = '0.1.0';

/** What is implemented; NIP-59 as far as a relay has a part in it. */
const SUPPORTED_NIPS = [1, 9, 11, 40, 59, 70];

/** The relay information document (NIP-11), made from the bounds that are in force. */
export function relayInformation(name: string, description: string, limits: RelayLimits): object {
  return {
    name,
    description,
    software: 'https://github.com/mcp-nostr/mcp-nostr',
    version: VERSION,
    supported_nips: SUPPORTED_NIPS,
    limitation: {
      max_message_length: limits.maxMessageBytes,
      max_subscriptions: limits.maxSubscriptions,
      max_subid_length: limits.maxSubscriptionIdLength,
      max_filters: limits.maxFilters,
      max_limit: limits.maxLimit,
      default_limit: limits.defaultLimit,
      max_event_tags: limits.maxEventTags,
      // For ephemeral events; what is stored may be of any age.
      created_at_lower_limit: limits.maxEphemeralPastSeconds,
      created_at_upper_limit: limits.maxFutureSeconds,
      auth_required: false,
      payment_required: false,
      restricted_writes: false,
    },
  };
}
