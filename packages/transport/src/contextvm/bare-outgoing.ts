import type { NostrEvent } from '@mcp-nostr/core';

import type { Form } from '../receiver.ts';

/** A message without a link on its way to a peer. */
export interface BareOutgoing {
  /** One JSON-RPC message. */
  text: string;
  /** The event of the request that it belongs to. */
  requestEvent?: string | undefined;
  /** What is said of ourselves with it. */
  tags?: string[][] | undefined;
  form: Form;
  /**
   * Seconds: it is not dated before this. The peer's relays leave out what is older than its subscription, so an answer
   * is never older than its request.
   */
  notBefore?: number | undefined;
  /** The progress token of its request: without one it cannot travel in parts. */
  token?: string | number | undefined;
  /** The relay to try first in plain text: where the peer was heard. */
  relay?: string | undefined;
  /** A second copy does no harm (an answer, a harmless request): sent again where the first may be lost. */
  isRepeatable?: boolean | undefined;
  /** Before it is published; of a message in parts its last event, which the answer names. */
  onsigned?: ((event: NostrEvent) => void) | undefined;
  /** What has not left when it is aborted never will; of what has left in part the peer is told. */
  signal?: AbortSignal | undefined;
}
