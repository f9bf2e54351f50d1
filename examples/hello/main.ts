import assert from 'node:assert/strict';

import { formatNpub, generateSecretKey, secretKeySigner } from '@mcp-nostr/core';
import { startRelay } from '@mcp-nostr/relay';

import { greet } from './client.ts';
import { startHello } from './server.ts';

const relay = await startRelay();
const server = await startHello([relay.url]);
const signer = secretKeySigner(generateSecretKey());
const result = await greet(server.address, signer);
const npub = formatNpub(await signer.getPublicKey());
assert.deepEqual(result.content, [{ type: 'text', text: `Hello Ada, you call as ${npub}` }]);
console.log(result.content);
await server.close();
await relay.close();
