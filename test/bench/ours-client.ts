import { NostrClientTransport } from '@mcp-nostr/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';

import { argument, calling } from './role.ts';

/** Each with a key and a socket of its own. */
async function connect(): Promise<Client> {
  const client = new Client({ name: 'bench', version: '1.0.0' });
  await client.connect(new NostrClientTransport({ server: argument(0), encryption: 'required' }));
  return client;
}

calling(await Promise.all(Array.from({ length: Number(argument(1)) }, connect)));
