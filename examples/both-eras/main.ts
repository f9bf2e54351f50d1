import assert from 'node:assert/strict';

import { NostrClientTransport } from '@mcp-nostr/client';
import { startRelay } from '@mcp-nostr/relay';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';

import { connectModern, watch } from './client.ts';
import { startBoard } from './server.ts';

const relay = await startRelay();
const server = await startBoard([relay.url]);
const modern = await connectModern(server.address);
const old = new OldClient({ name: 'old', version: '1.0.0' });
await old.connect(new NostrClientTransport({ server: server.address }));

let changed = (): void => {};
const change = new Promise<void>((resolve) => {
  changed = resolve;
});
await watch(modern, changed);
await old.callTool({ name: 'post', arguments: { text: 'hello from the old era' } });
await change;
const { contents } = await modern.readResource({ uri: 'board://0' });
assert.match(JSON.stringify(contents), /npub1.*: hello from the old era/);
assert.equal(modern.getNegotiatedProtocolVersion(), '2026-07-28');
console.log(`heard in ${modern.getNegotiatedProtocolVersion()}:`, contents);

await Promise.all([modern.close(), old.close()]);
await server.close();
await relay.close();
