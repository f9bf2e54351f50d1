import { NostrClientTransport } from '@mcp-nostr/client';
import type { Signer } from '@mcp-nostr/core';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';

/** Calls the server's tool, knowing nothing but its address. */
export async function greet(server: string, signer?: Signer) {
  const client = new Client({ name: 'hello-client', version: '1.0.0' });
  await client.connect(new NostrClientTransport({ server, signer }));
  const result = await client.callTool({ name: 'greet', arguments: { name: 'Ada' } });
  await client.close();
  return result;
}
