import { NostrServerTransport } from '@contextvm/sdk/transport';
import { generateSecretKey, getPublicKey } from '@mcp-nostr/core';

import { options } from './contextvm-options.ts';
import { benchServer } from './tools.ts';
import { argument, serving } from './role.ts';

const secretKey = generateSecretKey();
const transport = new NostrServerTransport({
  ...options,
  signer: Buffer.from(secretKey).toString('hex'),
  relayHandler: [argument(0)],
  // It would also look for public relays to announce itself on.
  publishRelayList: false,
  bootstrapRelayUrls: [],
});
await benchServer().connect(transport);
serving(getPublicKey(secretKey));
