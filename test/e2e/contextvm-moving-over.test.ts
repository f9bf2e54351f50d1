import { generateSecretKey, getPublicKey } from '@mcp-nostr/core';
import { type Relay, startRelay } from '@mcp-nostr/relay';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';

import { connectOurs } from '../interop/moving-over/client-of-ours.ts';
import { connectTheirs } from '../interop/moving-over/client-of-theirs.ts';
import { serveOurs } from '../interop/moving-over/server-of-ours.ts';
import { serveTheirs } from '../interop/moving-over/server-of-theirs.ts';

// Theirs logs, to stderr.
vi.hoisted(() => {
  process.env['LOG_ENABLED'] = 'false';
});

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay();
});
afterAll(() => relay.close());

const hex = (key: Uint8Array): string => Buffer.from(key).toString('hex');

// What docs/contextvm.md shows, as it stands there.
describe('whoever moves over from ContextVM', () => {
  it.each([
    ['the server first', serveOurs, connectTheirs],
    ['the client first', serveTheirs, connectOurs],
    ['both', serveOurs, connectOurs],
  ])('may move %s, with the same keys and the same relays', async (_, serveOne, connectOne) => {
    const keys = { server: generateSecretKey(), client: generateSecretKey() };
    const close = await serveOne(hex(keys.server), [relay.url]);
    onTestFinished(close);
    const client = await connectOne(hex(keys.client), getPublicKey(keys.server), [relay.url]);
    onTestFinished(() => client.close());
    expect(await client.callTool({ name: 'forecast' })).toMatchObject({ content: [{ text: 'rain' }] });
  });
});
