import { generateSecretKey, secretKeySigner } from '@mcp-nostr/core';
import { type McpServerFactory, type NostrServer, serve } from '@mcp-nostr/server';
import type { Transport } from '@modelcontextprotocol/server';
import { serveStdio, type StdioServerHandle } from '@modelcontextprotocol/server/stdio';

import { everythingServer } from '../everything/v1/server.ts';
import { EverythingServers } from '../everything/v2/server.ts';
import type { Sdk } from '../plan.ts';

/** The same servers that the control has over HTTP, with a key of their own. */
export function serveEverything(sdk: Sdk, relays: readonly string[]): Promise<NostrServer> {
  const signer = secretKeySigner(generateSecretKey());
  return serve(
    { signer, relays: [...relays], allow: 'public' },
    sdk === '1.x' ? everythingServer : bothEras(),
  );
}

/** Each connection finds out for itself whether its client is of the old era or of the new one. */
function bothEras(): McpServerFactory {
  const servers = new EverythingServers();
  return () => {
    let handle: StdioServerHandle | undefined;
    const product = {
      decidesVersion: true,
      connect: (transport: Transport): Promise<void> => {
        handle = serveStdio(servers.create, { transport });
        return Promise.resolve();
      },
      close: () => handle?.close() ?? Promise.resolve(),
    };
    return product;
  };
}
