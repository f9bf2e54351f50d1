import { generateSecretKey, secretKeySigner } from '@mcp-nostr/core';
import { type NostrServer, serve } from '@mcp-nostr/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';

import { everythingServer } from '../everything/v1/server.ts';
import { EverythingServers } from '../everything/v2/server.ts';
import type { Sdk } from '../plan.ts';

/** The same servers that the control has over HTTP, with a key of their own. */
export function serveEverything(sdk: Sdk, relays: readonly string[]): Promise<NostrServer> {
  const signer = secretKeySigner(generateSecretKey());
  const options = { signer, relays: [...relays], allow: 'public' } as const;
  if (sdk === '1.x') return serve(options, everythingServer);
  return serve({ ...options, serveStdio }, new EverythingServers().create);
}
