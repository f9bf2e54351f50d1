import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';

/** Lets a client of the SDK begin with its first request: the handshake never leaves. */
export function withoutHandshake(inner: Transport): Transport {
  const outer: Transport = {
    async start() {
      inner.onmessage = (message) => outer.onmessage?.(message);
      inner.onerror = (error) => outer.onerror?.(error);
      inner.onclose = () => outer.onclose?.();
      await inner.start();
    },
    async send(message, options) {
      if ('method' in message && message.method === 'notifications/initialized') return;
      const answer = answerTo(message);
      if (answer === undefined) await inner.send(message, options);
      else queueMicrotask(() => outer.onmessage?.(answer));
    },
    close: () => inner.close(),
  };
  return outer;
}

function answerTo(message: JSONRPCMessage): JSONRPCMessage | undefined {
  if (!('method' in message) || message.method !== 'initialize' || !('id' in message)) return undefined;
  const serverInfo = { name: 'nobody', version: '0' };
  const capabilities = { tools: {}, prompts: {}, resources: {} };
  return {
    jsonrpc: '2.0',
    id: message.id,
    result: { protocolVersion: '2025-11-25', capabilities, serverInfo },
  };
}
