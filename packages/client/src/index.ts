export { NostrClientTransport, type NostrClientTransportOptions } from './nostr-client-transport.ts';
export { defaultLookupRelays, findRelays } from './relay-lookup.ts';
