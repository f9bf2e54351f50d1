import { generateSecretKey, secretKeySigner } from '@mcp-nostr/core';
import { serve } from '@mcp-nostr/server';

import { benchServer } from './tools.ts';
import { argument, serving } from './role.ts';

const server = await serve(
  {
    signer: secretKeySigner(generateSecretKey()),
    relays: [argument(0)],
    allow: 'public',
    encryption: 'required',
  },
  () => benchServer(),
);
serving(server.address);
