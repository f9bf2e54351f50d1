export type { PaymentError, PaymentInteraction, PaymentRequest } from '@mcp-nostr/core/contextvm';

export type { IncomingStream } from './contextvm/open-stream.ts';
export { StreamError, type StreamErrorCode } from './contextvm/stream-error.ts';
export { readPaymentError } from './contextvm/payment-errors.ts';
export type { PaymentContext, PaymentOptions, PaymentOutcome } from './contextvm/payment-options.ts';
export { createSession, type CreateSessionOptions, type Session } from './create-session.ts';
export { NostrClientTransport } from './nostr-client-transport.ts';
export type { NostrClientTransportOptions } from './nostr-client-transport-options.ts';
export { defaultLookupRelays, findRelays } from './relay-lookup.ts';
export { revokeSessions, type RevokeSessionsOptions } from './revoke-sessions.ts';
