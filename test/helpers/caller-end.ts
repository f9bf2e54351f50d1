import { type JsonRpcMessage, parseJsonRpc, type RequestId } from '@mcp-nostr/core';

import type { ServerTransport } from '../../packages/cli/src/serve/child-server.ts';
import { Recorder } from './recorder.ts';

/** The end of a connection over Nostr at which the test is the caller. */
export class CallerEnd implements ServerTransport {
  readonly sent = new Recorder<JsonRpcMessage>('a message for the client');
  onmessage: ServerTransport['onmessage'];
  onclose: (() => void) | undefined;
  readonly closes = new Recorder<string>('the close of the connection');

  async start(): Promise<void> {}

  async close(): Promise<void> {
    this.closes.add('closed');
    this.onclose?.();
  }

  async send(message: JsonRpcMessage): Promise<void> {
    this.sent.add(message);
  }

  receive(message: object): void {
    this.onmessage?.(parseJsonRpc({ jsonrpc: '2.0', ...message }));
  }

  /** The answer to a request. */
  answer(id: RequestId): Promise<JsonRpcMessage> {
    return this.sent.first((message) => !('method' in message) && message.id === id);
  }

  /** The answer to a request that is made now. */
  ask(message: { id: RequestId; method: string; params?: object }): Promise<JsonRpcMessage> {
    this.receive(message);
    return this.answer(message.id);
  }

  news(method: string): Promise<JsonRpcMessage> {
    return this.sent.first((message) => 'method' in message && message.method === method);
  }
}
