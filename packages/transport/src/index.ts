export { atMost } from './at-most.ts';
export { boundedSigner } from './bounded-signer.ts';
export type { BareOutgoing } from './contextvm/bare-outgoing.ts';
export { BareSender, type BareSenderOptions } from './contextvm/bare-sender.ts';
export { type TransferredMessage, Transfers, type TransfersOptions } from './contextvm/transfers.ts';
export { Courier, type CourierOptions, type FrameSource } from './courier.ts';
export { Endpoint, type EndpointOptions } from './endpoint.ts';
export {
  asSignerError,
  RelayError,
  type RelayErrorCode,
  TransportError,
  type TransportErrorCode,
} from './errors.ts';
export { linkLimits } from './link/limits.ts';
export { Link } from './link/link.ts';
export type { LinkOptions } from './link/link-options.ts';
export { type Channel, checkMessageSize, messageText, type OutgoingMessage } from './link/message.ts';
export type { LostMessage } from './link/parts.ts';
export type {
  Arrival,
  Expectation,
  Fate,
  LinkEnd,
  LinkRole,
  Outgoing,
  ReceivedMessage,
} from './link/traffic.ts';
export { type Unfinished, type UnfinishedCount, UnfinishedMessages } from './link/unfinished.ts';
export type { Encryption, Form, IncomingBare, IncomingFrame } from './receiver.ts';
export type { RelayConnectionOptions, RelayState } from './relay-connection-options.ts';
export { type PublishOptions, RelayPool, type RelayPoolOptions } from './relay-pool.ts';
export { type ReadOptions, RelayReader, type RelayReaderOptions } from './relay-reader.ts';
export type { PublishOutcome } from './relay-publisher.ts';
export type { Filter } from './relay-subscription.ts';
export type { RelayTiming } from './relay-timing.ts';
export { TaskQueue } from './task.ts';
