import { type JsonRpcMessage, type JsonRpcRequest, progressToken } from '@mcp-nostr/core';

import { bareClientLimits as limits } from './limits.ts';

export interface HeartbeatOptions {
  request: JsonRpcRequest;
  /** What is said. */
  text: string;
  lastsMs: number;
  onmessage: (message: JsonRpcMessage) => void;
}

/**
 * Tells the application, as progress of its request, that it is being paid for: whoever lets progress reset its time-out
 * waits for as long as that takes. Below 1, so that the server's own progress is more.
 */
export class Heartbeat {
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  readonly #end: ReturnType<typeof setTimeout> | undefined;

  constructor({ request, text, lastsMs, onmessage }: HeartbeatOptions) {
    const token = progressToken(request);
    if (token === undefined) return;
    let count = 0;
    const beat = (): void => {
      const params = { progressToken: token, progress: ++count / 1_000, message: text };
      onmessage({ jsonrpc: '2.0', method: 'notifications/progress', params });
    };
    this.#end = setTimeout(() => this.close(), lastsMs);
    this.#timer = setInterval(beat, limits.paymentBeatMs);
    beat();
  }

  close(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#end);
  }
}
