import { NostrClientTransport } from '@mcp-nostr/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';

import { echoCall } from './echo.ts';
import { argument, calling } from './role.ts';

const client = new Client({ name: 'bench', version: '1.0.0' });
await client.connect(new NostrClientTransport({ server: argument(0), encryption: 'required' }));
calling(echoCall(client));
