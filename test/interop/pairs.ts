import type { NostrClientTransport as TheirClientTransport } from '@contextvm/sdk/transport';
import { NostrClientTransport } from '@mcp-nostr/client';
import { generateSecretKey, secretKeySigner } from '@mcp-nostr/core';
import { startRelay } from '@mcp-nostr/relay';
import { serve } from '@mcp-nostr/server';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { onTestFinished } from 'vitest';

import type { Cell } from './cells.ts';
import { theirClientTransport, theirServerTransport } from './theirs.ts';

export type Encryption = 'disabled' | 'optional';

function cellOf(encryption: Encryption): Cell {
  const direction = 'their client, our server';
  return { direction, encryption, wraps: 'optional', start: 'initialize', relays: 1 };
}

/** A relay that closes with the test. */
async function openRelay(): Promise<{ url: string }> {
  const relay = await startRelay();
  onTestFinished(() => relay.close());
  return relay;
}

/** A client of theirs at a server of ours; both end with the test. */
export async function theirClientAtOurs(encryption: Encryption, factory: () => McpServer) {
  const relays = [(await openRelay()).url];
  const errors: Error[] = [];
  const server = await serve(
    {
      signer: secretKeySigner(generateSecretKey()),
      relays,
      allow: 'public',
      encryption: 'optional',
      onerror: (error) => errors.push(error),
    },
    factory,
  );
  onTestFinished(() => server.close());
  const transport = theirClientTransport(
    cellOf(encryption),
    server.pubkey,
    { relays },
    { openStream: { enabled: true } },
  );
  return { transport, client: await connected(transport), errors };
}

/** A client of ours at a server of theirs. */
export async function ourClientAtTheirs(
  encryption: Encryption,
  factory: () => McpServer,
  writesStreams = true,
) {
  const { url } = await openRelay();
  const {
    transport: theirs,
    pubkey,
    live,
  } = theirServerTransport(cellOf(encryption), { relays: [url] }, { openStream: { enabled: writesStreams } });
  const mcp = factory();
  await mcp.connect(theirs);
  onTestFinished(() => mcp.close());
  await live;
  const transport = new NostrClientTransport({
    server: pubkey,
    relays: [url],
    encryption: encryption === 'disabled' ? 'none' : 'required',
  });
  return { transport, client: await connected(transport) };
}

async function connected(transport: NostrClientTransport | TheirClientTransport): Promise<Client> {
  const client = new Client({ name: 'pair', version: '1.0.0' });
  onTestFinished(() => client.close());
  await client.connect(transport);
  return client;
}
