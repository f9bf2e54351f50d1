import { NostrClientTransport } from '@mcp-nostr/client';
import { announcementOf, askAlive, type FoundServer } from '@mcp-nostr/client/discovery';
import {
  generateSecretKey,
  type JsonRpcMessage,
  MESSAGE_KIND,
  metaKeys,
  secretKeySigner,
  type Signer,
} from '@mcp-nostr/core';
import { isKnock } from '@mcp-nostr/core/contextvm';
import { type Relay, startRelay } from '@mcp-nostr/relay';
import {
  type Announced,
  type NostrServer,
  type RequestReport,
  serve,
  type ServeOptions,
} from '@mcp-nostr/server';
import { Client } from '@modelcontextprotocol/client';
import { describe, expect, it, onTestFinished } from 'vitest';

import { DualEraServer } from '../helpers/dual-era-server.ts';
import { Recorder } from '../helpers/recorder.ts';

const key = generateSecretKey();
const meta = {
  [metaKeys.protocolVersion]: '2026-07-28',
  [metaKeys.clientCapabilities]: {},
  [metaKeys.clientInfo]: { name: 'raw', version: '1' },
};
const call = { name: 'echo', arguments: { text: 'hello' }, _meta: meta };

async function openServer(
  relay: Relay,
  isAnnounced = true,
  options: Partial<ServeOptions> = {},
): Promise<NostrServer> {
  const posted = new Recorder<Announced>('an announcement');
  const server = await serve(
    {
      signer: secretKeySigner(key),
      relays: [relay.url],
      allow: 'public',
      ...options,
      ...(isAnnounced && { announce: { name: 'dual' }, onannounced: posted.add }),
    },
    new DualEraServer().create,
  );
  onTestFinished(() => server.close());
  if (isAnnounced) await posted.next();
  return server;
}

async function open() {
  const relay = await startRelay();
  onTestFinished(() => relay.close());
  const server = await openServer(relay);
  const announcement = await announcementOf(server.address);
  if (announcement === undefined) throw new Error('the server is not announced');
  return { relay, server, announcement };
}

/** A transport that is started, what it is told, and what it has signed, without what it has signed anew. */
async function start(server: NostrServer, announcement?: FoundServer) {
  const answers = new Recorder<JsonRpcMessage>('an answer');
  const contents = new Set<string>();
  const own = secretKeySigner(generateSecretKey());
  const signer: Signer = {
    ...own,
    signEvent: (template) => {
      // A slow first answer is asked for once more, in case the server knows no link.
      if (template.kind === MESSAGE_KIND && !isKnock(template.tags)) contents.add(template.content);
      return own.signEvent(template);
    },
  };
  const options = { server: server.address, announcement, signer, identity: 'signer' } as const;
  const transport = new NostrClientTransport(options);
  onTestFinished(() => transport.close());
  transport.onmessage = answers.add;
  await transport.start();
  return { transport, answers, contents };
}

describe('a client that has the announcement of a server', () => {
  it('waits for the server once until its first call is answered, and without it twice', async () => {
    const { server, announcement } = await open();
    const said = async (known?: FoundServer): Promise<unknown[]> => {
      const { transport, answers, contents } = await start(server, known);
      await transport.send({ jsonrpc: '2.0', id: 1, method: 'server/discover', params: { _meta: meta } });
      expect(await answers.next()).toMatchObject({ id: 1, result: { supportedVersions: ['2026-07-28'] } });
      await transport.send({ jsonrpc: '2.0', id: 2, method: 'tools/call', params: call });
      expect(await answers.next()).toMatchObject({ id: 2, result: { content: [{ text: 'hello' }] } });
      const methods = [...contents].map((text) => /"method":"([^"]+)"/.exec(text)?.[1]);
      return methods.filter((method) => method !== undefined);
    };
    expect(await said()).toEqual(['server/discover', 'tools/call']);
    expect(await said(announcement)).toEqual(['tools/call']);
  });

  it('asks the server itself for what the announcement does not say', async () => {
    const { server, announcement } = await open();
    const { transport, answers } = await start(server, announcement);
    const params = { _meta: { ...meta, [metaKeys.protocolVersion]: '2031-01-01' } };
    await transport.send({ jsonrpc: '2.0', id: 1, method: 'server/discover', params });
    expect(await answers.next()).toMatchObject({ id: 1, error: { code: -32_022 } });
    await transport.send({ jsonrpc: '2.0', id: 2, method: 'tools/call', params: call });
    await answers.next();
    const discover = { jsonrpc: '2.0', id: 3, method: 'server/discover', params: { _meta: meta } } as const;
    await transport.send(discover);
    // It is the server's own word now, which names the time as well.
    expect(await answers.next()).toMatchObject({ id: 3, result: { supportedVersions: ['2026-07-28'] } });
    expect(transport.peer).toBe('link');
  });

  it('works with the SDK, and with a server that was started again since', async () => {
    const { relay, server, announcement } = await open();
    await server.close();
    const next = await openServer(relay, false);
    const client = new Client({ name: 'auto', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
    onTestFinished(() => client.close());
    await client.connect(new NostrClientTransport({ server: next.address, announcement }));
    expect((await client.listTools()).tools.length).toBeGreaterThan(1);
    expect(await client.callTool({ name: 'echo', arguments: { text: 'again' } })).toMatchObject({
      content: [{ text: 'again' }],
    });
  });

  it('has a first call executed once by a server that was started again since', async () => {
    const { relay, server, announcement } = await open();
    await server.close();
    const reports: RequestReport[] = [];
    const next = await openServer(relay, false, { onrequest: (report) => reports.push(report) });
    const { transport, answers } = await start(next, announcement);
    await transport.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: call });
    expect(await answers.next()).toMatchObject({ id: 1, result: { content: [{ text: 'hello' }] } });
    expect(reports).toMatchObject([{ method: 'tools/call', outcome: 'ok' }]);
  });

  it('learns whether it is alive', async () => {
    const { server, announcement } = await open();
    expect([...(await askAlive([announcement], { timeoutMs: 25_000 })).values()]).toMatchObject([
      { isAlive: true },
    ]);
    await server.close();
    const seen: boolean[] = [];
    const answers = await askAlive([announcement], {
      timeoutMs: 300,
      onanswer: (_, { isAlive }) => seen.push(isAlive),
    });
    expect([...answers.values()]).toMatchObject([{ isAlive: false, code: 'server_silent' }]);
    expect(seen).toEqual([false]);
  });

  it('is served as a client of ContextVM where it takes the server for one of those', async () => {
    const { server, announcement } = await open();
    const { link: _link, ...support } = announcement.support;
    const { transport, answers } = await start(server, { ...announcement, support });
    await transport.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: call });
    expect(await answers.next()).toMatchObject({ id: 1, result: { content: [{ text: 'hello' }] } });
    expect(transport.peer).toBe('contextvm');
  });

  it('takes nothing from an announcement of another key', async () => {
    const { server, announcement } = await open();
    const other = {
      ...announcement,
      pubkey: 'f'.repeat(64),
      support: { ...announcement.support, encryption: false },
    };
    const { transport, answers } = await start(server, other);
    await transport.send({ jsonrpc: '2.0', id: 1, method: 'ping' });
    expect(await answers.next()).toMatchObject({ id: 1, result: {} });
  });
});
