import type { FailureCode, JsonRpcMessage, RequestId } from '@mcp-nostr/core';
import { TransportError } from '@mcp-nostr/transport';

import type { Conversation } from '../conversation.ts';

/** In place of a conversation that cannot be had: nothing leaves, and everybody is told why. */
export class Refused implements Conversation {
  readonly #error: TransportError;

  constructor(code: FailureCode, reason: string) {
    this.#error = new TransportError(code, reason);
  }

  send(
    _message: JsonRpcMessage,
    _relation: RequestId | undefined,
    onsettled?: (error?: TransportError) => void,
  ): void {
    onsettled?.(this.#error);
  }

  relaysChanged(): void {}

  close(): void {}
}
