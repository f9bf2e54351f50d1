import { startRelay } from '@mcp-nostr/relay';

import { serving } from './role.ts';

const relay = await startRelay();
serving(relay.url);
