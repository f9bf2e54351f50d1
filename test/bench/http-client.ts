import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import { argument, calling } from './role.ts';

/** Each with a session of its own. */
async function connect(): Promise<Client> {
  const client = new Client({ name: 'bench', version: '1.0.0' });
  const transport = new StreamableHTTPClientTransport(new URL(argument(0)), {
    // The SDK gives all requests of a transport one signal to abort them, and each costs Node more than the one
    // before. Nothing is aborted here.
    fetch: (url, init) => fetch(url, { ...init, signal: null }),
  });
  await client.connect(transport);
  return client;
}

calling(await Promise.all(Array.from({ length: Number(argument(1)) }, connect)));
