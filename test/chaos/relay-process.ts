import { startRelay } from '@mcp-nostr/relay';

import { readSetup, type RelaySetup, say } from './role.ts';

const { port } = readSetup<RelaySetup>();
await startRelay({ port });
say({ type: 'done' });
