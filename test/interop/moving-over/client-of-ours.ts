import { NostrClientTransport } from '@mcp-nostr/client';
import { parseSecretKey, secretKeySigner } from '@mcp-nostr/core';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';

export async function connectOurs(hexKey: string, serverPubkey: string, relays: string[]): Promise<Client> {
  const client = new Client({ name: 'app', version: '1.0.0' });
  await client.connect(
    new NostrClientTransport({
      signer: secretKeySigner(parseSecretKey(hexKey)),
      relays,
      server: serverPubkey,
    }),
  );
  return client;
}
