import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  EPHEMERAL_GIFT_WRAP_KIND,
  formatNpub,
  type NostrEvent,
  unwrapEvent,
  wrapEvent,
} from '@mcp-nostr/core';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { describe, expect, it, onTestFinished } from 'vitest';

import { commandSource } from '../../packages/cli/src/serve/source.ts';
import { Forger, initialize } from '../helpers/forger.ts';
import { decodeCode } from '../helpers/hostile-world.ts';
import type { Leg } from '../helpers/legs.ts';
import { newSigner, withWorld, World } from '../helpers/world.ts';

const leg: Leg = { name: 'encrypted', encryption: 'required', relayCount: 1 };

/** A world with a relay that shows what passes, and takes what nobody has signed. */
function openWorld(heard: NostrEvent[]): World {
  const careless = (event: NostrEvent): number[] => {
    heard.push(event);
    return [0];
  };
  return new World(leg, undefined, { careless });
}

const isFor =
  (pubkey: string) =>
  ({ tags }: NostrEvent): boolean =>
    tags.some(([name, value]) => name === 'p' && value === pubkey);

describe('a hostile server', () => {
  it('cannot bring before another what a client has said to it', () => {
    const heard: NostrEvent[] = [];
    return withWorld(openWorld(heard), async (world) => {
      const signer = newSigner();
      const hostile = await world.serve(world.fixture.create, { signer });
      const { client } = await world.connect({ server: hostile.server.address });
      await client.callTool({ name: 'count', arguments: { key: 'once' } });
      const said = heard.filter(isFor(hostile.server.pubkey));
      const inside = await Promise.all(said.map((event) => unwrapEvent(event, signer)));
      expect(inside.some(({ content }) => content.includes('"once"'))).toBe(true);

      const { server, errors } = world.served;
      for (const event of inside) world.inject(wrapEvent(event, server.pubkey), server.pubkey);
      // With the recipient exchanged it is the client's signature no more.
      for (const { tags, ...rest } of inside) {
        const changed = tags.map((tag) => (tag[0] === 'p' ? ['p', server.pubkey] : tag));
        world.inject(wrapEvent({ ...rest, tags: changed }, server.pubkey), server.pubkey);
      }
      await errors.next((error) => decodeCode(error) === 'bad_signature');
      const codes = errors.items.map(decodeCode);
      expect(codes.filter((code) => code === 'wrong_recipient')).toHaveLength(inside.length);
      expect(world.fixture.executions.get('once')).toBe(1);
      expect(server.connections).toBe(0);
    });
  });
});

describe('a flood', () => {
  it('of garbage and of strangers keeps nobody from being served who may call', () => {
    const known = newSigner();
    return withWorld(new World(leg, undefined, { careless: () => [0] }), async (world) => {
      const pubkey = await known.getPublicKey();
      const { server } = await world.serve(world.fixture.create, { allow: [pubkey] });
      const first = await world.connect({ server: server.address, signer: known });
      const flood = (): void => {
        for (let n = 0; n < 60; n++) {
          const stranger = new Forger();
          const opening = stranger.craft(server.pubkey, { messages: [initialize] });
          world.inject(wrapEvent(opening, server.pubkey), server.pubkey);
          world.inject(
            { ...opening, kind: EPHEMERAL_GIFT_WRAP_KIND, content: 'A'.repeat(3_000) },
            server.pubkey,
          );
        }
      };
      flood();
      const second = await world.connect({ server: server.address, signer: known });
      flood();
      for (const [name, { client }] of Object.entries({ first, second }))
        await client.callTool({ name: 'count', arguments: { key: name } });
      expect([...world.fixture.executions]).toEqual([
        ['first', 1],
        ['second', 1],
      ]);
      expect(world.fixture.instances).toHaveLength(2);
    });
  });
});

/** An MCP server that says for whom it was started, and what it has heard. */
const program = `
import { createInterface } from 'node:readline';
const heard = [];
createInterface({ input: process.stdin }).on('line', (line) => {
  heard.push(line);
  const { id, method } = JSON.parse(line);
  const serverInfo = { name: 'who', version: '1' };
  const result = method === 'initialize'
    ? { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo }
    : { content: [{ type: 'text', text: JSON.stringify({ caller: process.env.MCP_NOSTR_CALLER, heard }) }] };
  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
});
`;

describe('a bridge', () => {
  it('gives each caller a process of its own, and believes none of them who it is', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mcp-nostr-threats-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'who.mjs'), program);
    const printer = { log: () => {}, problem: () => {} };
    const source = commandSource([process.execPath, join(folder, 'who.mjs')], printer);
    await withWorld(new World(leg, source.open), async (world) => {
      const signers = [newSigner(), newSigner()];
      const npubs = (await Promise.all(signers.map((each) => each.getPublicKey()))).map(formatNpub);
      const answers = await Promise.all(
        signers.map(async (signer, index) => {
          const other = npubs[1 - index] ?? '';
          // All that a message says of its sender names the other.
          const client = new Client({ name: other, version: '1', title: other });
          await client.connect(world.transport({ signer }));
          const { content } = await client.callTool({
            name: 'who',
            arguments: { MCP_NOSTR_CALLER: other, secret: `of ${index}` },
            _meta: { clientId: other, 'mcp-nostr/caller': other },
          });
          const [{ text } = { text: '' }] = content as { text: string }[];
          return JSON.parse(text) as { caller: string; heard: string[] };
        }),
      );
      expect(answers.map(({ caller }) => caller)).toEqual(npubs);
      for (const [index, { heard }] of answers.entries()) {
        expect(heard.join()).toContain(`of ${index}`);
        expect(heard.join()).not.toContain(`of ${1 - index}`);
      }
      await source.close();
    });
  });
});
