export { Endpoint, type EndpointOptions } from './endpoint.ts';
export { RelayError, type RelayErrorCode, TransportError, type TransportErrorCode } from './errors.ts';
export { Link, type LinkOptions, type SentFrame } from './link.ts';
export type { Encryption, IncomingFrame } from './receiver.ts';
export type { RelayConnectionOptions, RelayState } from './relay-connection.ts';
export { RelayPool, type RelayPoolOptions } from './relay-pool.ts';
export type { PublishOutcome } from './relay-publisher.ts';
export type { Filter } from './relay-subscription.ts';
export { TaskQueue } from './task.ts';
