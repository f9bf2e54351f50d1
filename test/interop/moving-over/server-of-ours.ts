import { parseSecretKey, secretKeySigner } from '@mcp-nostr/core';
import { serve } from '@mcp-nostr/server';

import { weather } from './weather.ts';

export async function serveOurs(hexKey: string, relays: string[]): Promise<() => Promise<void>> {
  const server = await serve(
    {
      signer: secretKeySigner(parseSecretKey(hexKey)),
      relays,
      allow: 'public',
      announce: { name: 'Weather' },
    },
    weather,
  );
  return () => server.close();
}
