import { WebSocket } from 'ws';

import { notice } from '../messages/relay-messages.ts';

/**
 * A WebSocket that says why before it closes on a message that is too long: ws does that by itself, with 1009 and no
 * word, and a client would look for the fault elsewhere. Only a class of its own comes in before that close.
 */
export function outspokenSocket(maxMessageBytes: number): typeof WebSocket {
  return class extends WebSocket {
    override close(code?: number, reason?: string | Buffer): void {
      if (code === 1009 && this.readyState === WebSocket.OPEN) {
        this.send(notice(`invalid: a message has at most ${maxMessageBytes} bytes`));
      }
      super.close(code, reason);
    }
  };
}
