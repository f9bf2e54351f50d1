import { NostrClientTransport } from '@mcp-nostr/client';
import { announcementOf, askAlive, discoverServers, type FoundServer } from '@mcp-nostr/client/discovery';
import { formatAddress } from '@mcp-nostr/core';
import type { Relay } from '@mcp-nostr/relay';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';

import type { Cell } from './cells.ts';
import { openRelays, Stage } from './stage.ts';
import { withoutHandshake } from './stateless.ts';
import type { Tools } from './tools.ts';

const usual: Cell = {
  direction: 'our client, their server',
  encryption: 'optional',
  wraps: 'optional',
  start: 'initialize',
  relays: 1,
};

/** A machine with other work to do is no silent server. */
const patience = { timeoutMs: 30_000 };

let relays: Relay[];
beforeAll(async () => {
  relays = await openRelays();
});
afterAll(() => Promise.all(relays.map((relay) => relay.close())));

/** A server of theirs that is announced, and its announcement, which they publish some time after it hears. */
async function announced(cell: Partial<Cell>): Promise<FoundServer> {
  const stage = new Stage({ ...usual, ...cell }, relays);
  onTestFinished(() => stage.close());
  const server = await stage.serve({ isAnnounced: true });
  const address = formatAddress({ pubkey: server, relays: stage.relayUrls });
  for (;;) {
    const found = await announcementOf(address, patience);
    if (found?.tools !== undefined) return found;
  }
}

/** One with the key of a server of ours, whose announcement is still about. */
async function successor(): Promise<{ announcement: FoundServer; tools: Tools }> {
  const found = await announced({});
  const stage = new Stage({ ...usual, start: 'stateless' }, relays);
  onTestFinished(() => stage.close());
  const pubkey = await stage.serve();
  const address = formatAddress({ pubkey, relays: stage.relayUrls });
  const support = { ...found.support, link: '0123456789abcdef' };
  return { announcement: { ...found, pubkey, address, support }, tools: stage.tools };
}

async function connect(announcement: FoundServer, encryption?: 'none') {
  const transport = new NostrClientTransport({ server: announcement.address, announcement, encryption });
  const client = new Client({ name: 'interop', version: '1.0.0' });
  onTestFinished(() => client.close());
  await client.connect(transport);
  return { client, transport };
}

describe('a server of ContextVM that announces itself', () => {
  it('is found, and is there', async () => {
    const { pubkey, tools } = await announced({});
    const urls = relays.map(({ url }) => url);
    const found = await discoverServers({ ...patience, relays: urls, words: 'echo' });
    const server = found.find((each) => each.pubkey === pubkey);
    expect(server).toMatchObject({ tools, support: { encryption: true, ephemeral: true } });
    expect(server?.support.link).toBeUndefined();
    const answers = await askAlive(
      found.filter((each) => each.pubkey === pubkey),
      patience,
    );
    expect([...answers.values()]).toMatchObject([{ isAlive: true }]);
  });

  it.each(['optional', 'ephemeral', 'persistent'] as const)(
    'is spoken to at once as it reads it: wraps %s',
    async (wraps) => {
      const announcement = await announced({ wraps });
      const { client, transport } = await connect(announcement);
      expect(transport.peer).toBe('contextvm');
      expect(await client.callTool({ name: 'echo', arguments: { text: wraps } })).toMatchObject({
        content: [{ text: wraps }],
      });
    },
  );

  it('is refused where it speaks plain text only, and used where that is asked for', async () => {
    const announcement = await announced({ encryption: 'disabled' });
    await expect(connect(announcement)).rejects.toMatchObject({ code: 'not_encrypted' });
    expect([...(await askAlive([announcement], patience)).values()]).toMatchObject([
      { isAlive: false, code: 'not_encrypted' },
    ]);
    const { client } = await connect(announcement, 'none');
    expect((await client.listTools()).tools).not.toEqual([]);
  });

  it('executes a call once although a server of ours announced its process under that key', async () => {
    const { announcement, tools } = await successor();
    const transport = new NostrClientTransport({ server: announcement.address, announcement });
    const client = new Client({ name: 'interop', version: '1.0.0' });
    onTestFinished(() => client.close());
    await client.connect(withoutHandshake(transport));
    const result = client.callTool({ name: 'wait', arguments: { name: 'once' } });
    // What opens a connection is repeated until somebody is heard; a call that a repetition began waits, too.
    await vi.waitUntil(() => transport.peer === 'contextvm', { timeout: 20_000 });
    await tools.started.first((name) => name === 'once');
    tools.gates.of('once').open();
    expect(await result).toMatchObject({ content: [{ text: 'once' }] });
    expect(tools.started.items).toEqual(['once']);
  });
});
