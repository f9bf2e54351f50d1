import { EncryptionMode, GiftWrapMode } from '@contextvm/sdk/core';
import { NostrServerTransport, type NostrServerTransportOptions } from '@contextvm/sdk/transport';
import { NostrClientTransport, type NostrClientTransportOptions } from '@mcp-nostr/client';
import {
  EPHEMERAL_GIFT_WRAP_KIND,
  generateSecretKey,
  getPublicKey,
  GIFT_WRAP_KIND,
  type JsonRpcMessage,
  secretKeySigner,
} from '@mcp-nostr/core';
import { type Relay, startRelay } from '@mcp-nostr/relay';
import { serve } from '@mcp-nostr/server';
import { Client as Client2 } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { RawSocket } from '../helpers/raw-socket.ts';
import { Recorder } from '../helpers/recorder.ts';

let relay: Relay;
const closers: (() => Promise<void>)[] = [];

beforeAll(async () => {
  relay = await startRelay();
});

afterAll(async () => {
  await Promise.all(closers.map((close) => close()));
  await relay.close();
});

/** A server on ContextVM's SDK, and what its tools were asked. */
async function theirServer(
  options: Partial<NostrServerTransportOptions> = {},
  secretKey = generateSecretKey(),
): Promise<{ pubkey: string; secretKey: Uint8Array; calls: Recorder<string>; close: () => Promise<void> }> {
  const calls = new Recorder<string>('a call at their server');
  const mcp = new McpServer({ name: 'theirs', version: '1.0.0' });
  mcp.registerTool('echo', { inputSchema: { text: z.string() } }, ({ text }) => {
    calls.add(text);
    return { content: [{ type: 'text', text }] };
  });
  mcp.registerTool('wait', {}, async ({ signal }) => {
    calls.add('waits');
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    calls.add('was cancelled');
    return { content: [] };
  });
  await mcp.connect(
    new NostrServerTransport({
      signer: Buffer.from(secretKey).toString('hex'),
      relayHandler: [relay.url],
      logLevel: 'silent',
      // It would look for public relays.
      publishRelayList: false,
      bootstrapRelayUrls: [],
      ...options,
    }),
  );
  const close = (): Promise<void> => mcp.close();
  closers.push(close);
  return { pubkey: getPublicKey(secretKey), secretKey, calls, close };
}

function ourTransport(
  server: string,
  options: Partial<NostrClientTransportOptions> = {},
): NostrClientTransport {
  const signer = secretKeySigner(generateSecretKey());
  const transport = new NostrClientTransport({ server, relays: [relay.url], signer, ...options });
  closers.push(() => transport.close());
  return transport;
}

/** Beside a server: the relay never says that nobody does, however long the server takes. */
async function listen(pubkey: string): Promise<RawSocket> {
  const socket = await RawSocket.open(relay.url);
  closers.push(() => socket.close());
  await socket.watch({ kinds: [GIFT_WRAP_KIND, EPHEMERAL_GIFT_WRAP_KIND], '#p': [pubkey] });
  return socket;
}

async function connect(server: string, options: Partial<NostrClientTransportOptions> = {}): Promise<Client> {
  const client = new Client({ name: 'ours', version: '1.0.0' });
  await client.connect(ourTransport(server, options));
  return client;
}

async function echo(client: Client, text: string): Promise<unknown> {
  const { content } = await client.callTool({ name: 'echo', arguments: { text } });
  return content;
}

describe.concurrent("our client at ContextVM's servers", () => {
  it.each([
    ['of every kind', GiftWrapMode.OPTIONAL],
    ['of kind 1059 only', GiftWrapMode.PERSISTENT],
    ['of kind 21059 only', GiftWrapMode.EPHEMERAL],
  ])('may begin with a call where gift wraps are %s, which is executed once', async (_, giftWrapMode) => {
    const { pubkey, calls } = await theirServer({ giftWrapMode });
    await listen(pubkey);
    const transport = ourTransport(pubkey);
    const answers = new Recorder<JsonRpcMessage>('an answer');
    transport.onmessage = answers.add;
    await transport.start();
    const params = { name: 'echo', arguments: { text: 'first' } };
    await transport.send({ jsonrpc: '2.0', id: 7, method: 'tools/call', params });
    const content = [{ type: 'text', text: 'first' }];
    expect(await answers.first()).toMatchObject({ id: 7, result: { content } });
    expect(calls.items).toEqual(['first']);
  });

  it('cancels what runs there', async () => {
    const { pubkey, calls } = await theirServer();
    const client = await connect(pubkey);
    const aborter = new AbortController();
    const call = client.callTool({ name: 'wait' }, undefined, { signal: aborter.signal });
    await calls.first((each) => each === 'waits');
    aborter.abort();
    await expect(call).rejects.toThrow();
    await calls.first((each) => each === 'was cancelled');
  });

  it('tells several clients with one key apart, one after the other and at once', async () => {
    const { pubkey } = await theirServer();
    const signer = secretKeySigner(generateSecretKey());
    const first = await connect(pubkey, { signer });
    await first.close();
    const [one, two] = [await connect(pubkey, { signer }), await connect(pubkey, { signer })];
    const texts = await Promise.all([echo(one, 'a'), echo(two, 'b'), echo(one, 'c'), echo(two, 'd')]);
    expect(texts.flat()).toMatchObject([{ text: 'a' }, { text: 'b' }, { text: 'c' }, { text: 'd' }]);
  });

  it('goes on with a server that was started again', async () => {
    const { pubkey, secretKey, close } = await theirServer();
    const client = await connect(pubkey);
    await close();
    const tools = client.listTools();
    await theirServer({}, secretKey);
    expect((await tools).tools).toHaveLength(2);
    expect(await echo(client, 'after')).toMatchObject([{ text: 'after' }]);
  });

  it('is understood as a client of MCP 2026-07-28 that falls back', async () => {
    const { pubkey } = await theirServer();
    const client = new Client2({ name: 'ours', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
    await client.connect(ourTransport(pubkey));
    expect((await client.listTools()).tools).toHaveLength(2);
  });

  it.each([-10_000, 10_000])('connects by a clock that is %i ms ahead', async (aheadMs) => {
    const { pubkey } = await theirServer();
    const client = await connect(pubkey, { now: () => Date.now() + aheadMs });
    expect(await echo(client, 'in time')).toMatchObject([{ text: 'in time' }]);
  });

  it('refuses one that announces plain text only, and uses it where that is chosen', async () => {
    const { pubkey } = await theirServer({
      encryptionMode: EncryptionMode.DISABLED,
      isAnnouncedServer: true,
    });
    await expect(connect(pubkey)).rejects.toMatchObject({ data: { code: 'not_encrypted' } });
    const client = await connect(pubkey, { encryption: 'none' });
    expect(await echo(client, 'in plain text')).toMatchObject([{ text: 'in plain text' }]);
  });

  it('does not pass a session key off as its signer', async () => {
    const { pubkey, calls } = await theirServer();
    await expect(connect(pubkey, { identity: 'session' })).rejects.toMatchObject({
      data: { code: 'not_allowed' },
    });
    expect(calls.items).toEqual([]);
  });
});

describe.concurrent('our client at a server of ours', () => {
  it('has its link, and one session, where the server comes when it has been knocked at', async () => {
    const secretKey = generateSecretKey();
    const { events } = await listen(getPublicKey(secretKey));
    const connecting = connect(getPublicKey(secretKey));
    await events.first(({ kind }) => kind === GIFT_WRAP_KIND);
    const sessions: McpServer[] = [];
    const server = await serve(
      { signer: secretKeySigner(secretKey), relays: [relay.url], allow: 'public' },
      () => {
        const mcp = new McpServer({ name: 'ours', version: '1.0.0' });
        sessions.push(mcp);
        return mcp;
      },
    );
    closers.push(() => server.close());
    await connecting;
    // Only over a link a server can ask.
    await sessions[0]?.server.ping();
    expect(sessions).toHaveLength(1);
  });
});
