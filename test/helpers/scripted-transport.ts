import { isRequest, type JsonRpcMessage, type JsonRpcRequest } from '@mcp-nostr/core';

import type { ClientTransport } from '../../packages/cli/src/client-transport.ts';
import { Recorder } from './recorder.ts';

/** A transport whose server is the test. */
export class ScriptedTransport implements ClientTransport {
  onmessage: ClientTransport['onmessage'];
  onclose: (() => void) | undefined;
  onerror: ((error: Error) => void) | undefined;
  readonly sent = new Recorder<JsonRpcMessage>('a message to the server');
  isClosed = false;
  readonly #start: () => Promise<void>;
  readonly #onrequest: (request: JsonRpcRequest, self: ScriptedTransport) => void;

  constructor(
    onrequest: (request: JsonRpcRequest, self: ScriptedTransport) => void,
    start: () => Promise<void> = async () => {},
  ) {
    this.#onrequest = onrequest;
    this.#start = start;
  }

  start(): Promise<void> {
    return this.#start();
  }

  async send(message: JsonRpcMessage): Promise<void> {
    this.sent.add(message);
    if (isRequest(message)) queueMicrotask(() => this.#onrequest(message, this));
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    this.onclose?.();
  }
}
