import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { EncryptionMode } from '@contextvm/sdk/core';
import { NostrClientTransport } from '@contextvm/sdk/transport';
import { generateSecretKey } from '@mcp-nostr/core';
import type { ServeStdio } from '@mcp-nostr/server';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { describe, expect, it, onTestFinished } from 'vitest';

import { Children } from '../../packages/cli/src/serve/child/children.ts';
import { ChildServer } from '../../packages/cli/src/serve/child-server.ts';
import { textOf } from '../helpers/bare-caller.ts';
import { type BareServed, bareServers } from '../helpers/bare-servers.ts';
import { modernMeta } from '../helpers/eras.ts';
import { Fixture2 } from '../helpers/fixture-server-2.ts';
import { newSigner } from '../helpers/world.ts';
import { KeptIds } from '../helpers/kept-ids.ts';

const open = bareServers(2);

/** A program of ContextVM's own SDK. */
async function connect(
  { server, relays }: BareServed,
  options: { isStateless?: boolean; encryptionMode?: EncryptionMode; key?: Uint8Array; name?: string } = {},
): Promise<Client> {
  const { key = generateSecretKey(), name = 'theirs', ...rest } = options;
  const transport = new NostrClientTransport({
    signer: Buffer.from(key).toString('hex'),
    serverPubkey: server.pubkey,
    relayHandler: relays.map(({ url }) => url),
    logLevel: 'silent',
    ...rest,
  });
  const client = new Client({ name, version: '1' });
  onTestFinished(() => client.close());
  await client.connect(transport);
  return client;
}

const content = (text: string): object => ({ content: [{ type: 'text', text }] });

describe("a client of ContextVM's SDK at our server", () => {
  it.each([
    { isStateless: false, encryptionMode: EncryptionMode.OPTIONAL },
    { isStateless: true, encryptionMode: EncryptionMode.DISABLED },
  ])('calls, hears progress and errors, and cancels: %j', async (mode) => {
    const served = await open({ encryption: 'optional' });
    const { fixture } = served;
    const client = await connect(served, mode);
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('echo');
    expect(await client.callTool({ name: 'count', arguments: { key: 'k' } })).toMatchObject(content('1'));
    const steps: number[] = [];
    const onprogress = ({ progress }: { progress: number }): void => void steps.push(progress);
    await client.callTool({ name: 'progress', arguments: { steps: 3 } }, undefined, { onprogress });
    expect(steps).toEqual([1, 2, 3]);
    expect(await client.callTool({ name: 'fail' })).toMatchObject({ isError: true });
    await expect(client.getPrompt({ name: 'none' })).rejects.toThrow('none');
    const aborter = new AbortController();
    const waiting = client.callTool({ name: 'wait', arguments: { name: 'w' } }, undefined, {
      signal: aborter.signal,
    });
    await fixture.started.first();
    aborter.abort('enough');
    await expect(waiting).rejects.toThrow('enough');
    await fixture.aborted.first();
    // Two relays, and nothing came twice.
    expect([...fixture.executions]).toEqual([['k', 1]]);
  });

  it('sends and gets what is too large for one event', async () => {
    const served = await open({ encryption: 'optional' });
    const client = await connect(served, { encryptionMode: EncryptionMode.DISABLED });
    const text = 'ü"\n'.repeat(12_000);
    const onprogress = (): void => {};
    const answers = await Promise.all([
      client.callTool({ name: 'echo', arguments: { text } }, undefined, { onprogress }),
      client.callTool({ name: 'echo', arguments: { text: 'small' } }, undefined, { onprogress }),
    ]);
    expect(answers).toMatchObject([content(text), content('small')]);
  });

  it('comes back with the same key, and goes on after the server was started anew', async () => {
    const key = generateSecretKey();
    const signer = newSigner();
    const seen = new KeptIds();
    const first = await open({ signer, seen });
    const client = await connect(first, { key });
    await client.callTool({ name: 'echo', arguments: { text: 'a' } });
    expect(
      await (
        await connect(first, { key, name: 'later' })
      ).callTool({ name: 'echo', arguments: { text: 'b' } }),
    ).toMatchObject(content('b'));
    await first.server.close();
    // Its relays hand out again what they have stored, each hello among it.
    const second = await open({ signer, seen });
    expect(await client.callTool({ name: 'echo', arguments: { text: 'c' } })).toMatchObject(content('c'));
    expect(second.fixture.instances).toHaveLength(1);
  });
});

describe('a client without a link is served by', () => {
  it('a program behind a gateway, which hears an initialize and its own tokens', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mcp-nostr-bare-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const program = join(folder, 'program.mjs');
    await writeFile(
      program,
      `import { createInterface } from 'node:readline';
const heard = [];
const send = (m) => console.log(JSON.stringify({ jsonrpc: '2.0', ...m }));
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method !== undefined) heard.push(method);
  if (method === 'initialize') send({ id, result: { protocolVersion: params.protocolVersion, capabilities: {}, serverInfo: { name: 'p', version: '1' } } });
  if (method !== 'tools/call') return;
  const { progressToken } = params._meta;
  send({ method: 'notifications/progress', params: { progressToken, progress: 1 } });
  send({ id: 'own', method: 'roots/list' });
  send({ id, result: { content: [{ type: 'text', text: heard.join() }] } });
  send({ method: 'notifications/progress', params: { progressToken, progress: 2 } });
});
`,
    );
    const children = new Children(() => undefined);
    onTestFinished(() => children.close());
    const command = { command: process.execPath, args: [program], env: process.env };
    const { caller } = await open({}, () => new ChildServer({ children, command, onlog: () => {} }));
    const bare = await caller();
    const answer = await bare.call(1, 'any', {}, { meta: { progressToken: 'mine' } });
    expect(textOf(answer)).toBe('initialize,notifications/initialized,tools/call');
    const next = await bare.call(2, 'any', {}, { meta: { progressToken: 2 } });
    const progress = bare.heard.items.filter(({ json }) => json['method'] === 'notifications/progress');
    // What came after an answer belongs to nobody.
    expect(progress.map(({ message, json }) => [message.requestEvent, json['params']])).toEqual([
      [answer.message.requestEvent, { progressToken: 'mine', progress: 1 }],
      [next.message.requestEvent, { progressToken: 2, progress: 1 }],
    ]);
  });

  it('both eras of MCP, each as its request says, with subscriptions in its own words', async () => {
    const fixture = new Fixture2();
    const { caller } = await open({ serveStdio: serveStdio as unknown as ServeStdio }, fixture.create);
    const bare = await caller();
    const discovered = await bare.ask({ id: 1, method: 'server/discover', params: { _meta: modernMeta } });
    expect(discovered.json).toMatchObject({ id: 1, result: { supportedVersions: ['2026-07-28'] } });
    expect(textOf(await bare.call(2, 'echo', { text: 'modern' }, { meta: modernMeta }))).toBe('modern');
    expect(fixture.newest.caller.era).toBe('modern');
    const listen = await bare.say({
      id: 'listen',
      method: 'subscriptions/listen',
      params: { notifications: { toolsListChanged: true }, _meta: modernMeta },
    });
    const subscription = { 'io.modelcontextprotocol/subscriptionId': 'listen' };
    const acknowledged = await bare.heard.first(
      ({ message, json }) => message.requestEvent === listen && 'method' in json,
    );
    expect(acknowledged.json['params']).toMatchObject({ _meta: subscription });

    const legacy = await caller();
    await legacy.initialize();
    expect(textOf(await legacy.call(1, 'echo', { text: 'legacy' }))).toBe('legacy');
    expect(fixture.newest.caller.era).toBe('legacy');
  });
});
