import { NostrClientTransport } from '@contextvm/sdk/transport';
import { generateSecretKey } from '@mcp-nostr/core';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';

import { options } from './contextvm-options.ts';
import { argument, calling } from './role.ts';

const client = new Client({ name: 'bench', version: '1.0.0' });
await client.connect(
  new NostrClientTransport({
    ...options,
    signer: Buffer.from(generateSecretKey()).toString('hex'),
    serverPubkey: argument(0),
    relayHandler: [argument(1)],
  }),
);
calling([client]);
