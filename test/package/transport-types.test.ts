import { NostrClientTransport } from '@mcp-nostr/client';
import { generateSecretKey, secretKeySigner } from '@mcp-nostr/core';
import { startRelay } from '@mcp-nostr/relay';
import { type NostrServer, NostrServerTransport, serve, type ServeStdio } from '@mcp-nostr/server';
import { Client as Client2, type Transport as ClientTransport2 } from '@modelcontextprotocol/client';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { McpServer as McpServer1 } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { Transport as Transport1 } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  McpServer as McpServer2,
  Server,
  type Transport as ServerTransport2,
} from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { describe, expect, expectTypeOf, it } from 'vitest';

// The compiler does most of this test, under `exactOptionalPropertyTypes`: `tsc -b` fails where a line does not hold.
describe('our transports in both lines of the MCP SDK', () => {
  it('are what the SDKs declare a transport to be', () => {
    expectTypeOf<NostrClientTransport>().toExtend<Transport1>();
    expectTypeOf<NostrClientTransport>().toExtend<ClientTransport2>();
    expectTypeOf<NostrServerTransport>().toExtend<Transport1>();
    expectTypeOf<NostrServerTransport>().toExtend<ServerTransport2>();
  });

  it('are taken by connect() of every client and server', () => {
    expectTypeOf<Client1['connect']>().toBeCallableWith({} as NostrClientTransport);
    expectTypeOf<Client2['connect']>().toBeCallableWith({} as NostrClientTransport);
    expectTypeOf<McpServer1['connect']>().toBeCallableWith({} as NostrServerTransport);
    expectTypeOf<McpServer2['connect']>().toBeCallableWith({} as NostrServerTransport);
  });

  it('are served by serveStdio, for servers of SDK 2.x and no others', () => {
    expectTypeOf<typeof serveStdio>().toExtend<ServeStdio<McpServer2>>();
    expectTypeOf<typeof serveStdio>().toExtend<ServeStdio<Server>>();
    expectTypeOf<typeof serveStdio>().not.toExtend<ServeStdio<McpServer1>>();
  });

  it('let a client of either line shake hands with a server of either line', async () => {
    const relay = await startRelay();
    const info = { name: 'typed', version: '1.0.0' };
    const options = { relays: [relay.url], allow: 'public' } as const;
    const servers = await Promise.all([
      serve({ ...options, signer: secretKeySigner(generateSecretKey()) }, () => new McpServer1(info)),
      serve({ ...options, signer: secretKeySigner(generateSecretKey()) }, () => new McpServer2(info)),
      serve(
        { ...options, serveStdio, signer: secretKeySigner(generateSecretKey()) },
        () => new McpServer2(info),
      ),
    ]);
    expectTypeOf(servers).toEqualTypeOf<
      [NostrServer<McpServer1>, NostrServer<McpServer2>, NostrServer<McpServer2>]
    >();
    for (const server of servers) {
      for (const client of [new Client1(info), new Client2(info)]) {
        await client.connect(new NostrClientTransport({ server: server.address }));
        expect(client.getServerVersion()?.name).toBe('typed');
        await client.close();
      }
    }
    await Promise.all(servers.map((server) => server.close()));
    await relay.close();
  });
});
