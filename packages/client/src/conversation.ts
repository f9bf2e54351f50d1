import type { JsonRpcMessage, RequestId } from '@mcp-nostr/core';
import type { TransportError } from '@mcp-nostr/transport';

/** What carries an application's messages to its server: a session over links, or one with a peer that knows none. */
export interface Conversation {
  /**
   * `relation`: the id of the server's request that a message belongs to.
   * @throws {TransportError} `message_too_large`, `busy`
   */
  send(
    message: JsonRpcMessage,
    relation: RequestId | undefined,
    onsettled?: (error?: TransportError) => void,
  ): void;
  /** The set of usable relays changed; `isNew`: one became usable. */
  relaysChanged(isReachable: boolean, isNew: boolean): void;
  /** Nothing is delivered any more, and what has not been sent never is. */
  close(): void;
}
