import { WebSocketClientTransport } from '@modelcontextprotocol/sdk/client/websocket.js';
import { WebSocket } from 'ws';

import { authorization } from './scene.ts';

/**
 * The SDK's WebSocket client makes a `new WebSocket(url, 'mcp')` of the platform: none on Node 20, and none that
 * could send a header. It gets one that does both.
 */
export function webSocketTransport(url: string): WebSocketClientTransport {
  globalThis.WebSocket = class extends WebSocket {
    constructor(address: string | URL, protocols?: string | string[]) {
      super(address, protocols, { headers: { Authorization: authorization } });
    }
  } as unknown as typeof globalThis.WebSocket;
  return new WebSocketClientTransport(new URL(url));
}
