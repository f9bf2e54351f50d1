import { expect, it } from 'vitest';

import type { JsonRpcMessage } from '@mcp-nostr/core';

import { traceMessages } from './trace-messages.ts';

/** With a private field, as transports have: it is not for a stand-in. */
class Echo {
  readonly #sent: JsonRpcMessage[] = [];
  onmessage: ((message: JsonRpcMessage) => void) | undefined;

  get sent(): number {
    return this.#sent.length;
  }

  async send(message: JsonRpcMessage): Promise<void> {
    this.#sent.push(message);
    this.onmessage?.({ jsonrpc: '2.0', id: 3, result: { secret: 'of the answer' } });
  }
}

it('notes each message by what it is, and not what is in it', async () => {
  const lines: string[] = [];
  const received: JsonRpcMessage[] = [];
  const transport = traceMessages(new Echo(), (line) => lines.push(line));
  transport.onmessage = (message) => received.push(message);
  const params = { name: 'a\nb', arguments: { secret: 'of the call' } };
  await transport.send({ jsonrpc: '2.0', id: 3, method: 'tools/call', params });
  transport.onmessage({ jsonrpc: '2.0', method: 'notifications/x' });
  transport.onmessage({ jsonrpc: '2.0', id: 'x', error: { code: -32_000, message: 'of the error' } });
  expect(lines).toEqual([
    '-> request tools/call a b id=3, 108 B',
    '<- result id=3, 60 B',
    '<- notification notifications/x, 44 B',
    '<- error -32000 id="x", 75 B',
  ]);
  expect(received).toHaveLength(3);
  expect(transport.sent).toBe(1);
});
