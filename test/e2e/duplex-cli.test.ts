import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Caller } from '@mcp-nostr/server';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { WebSocketClientTransport } from '@modelcontextprotocol/sdk/client/websocket.js';
import { afterAll, expect, it, onTestFinished } from 'vitest';

import { CliRun } from '../helpers/cli.ts';
import { RawSse, RawWebSocket } from '../helpers/duplex-ends.ts';
import { WebSocketServers } from '../helpers/duplex-servers.ts';
import { Fixture } from '../helpers/fixture-server.ts';
import { legs } from '../helpers/legs.ts';
import { initialize } from '../helpers/raw-http.ts';
import { sharedWorld } from '../helpers/world.ts';

const home = mkdtempSync(join(tmpdir(), 'mcp-nostr-duplex-'));
const world = sharedWorld(legs[0]!);
afterAll(() => rmSync(home, { recursive: true }));

/** Resolves when stderr has this; what a process says of its end is in its error. */
async function printed(run: CliRun, pattern: RegExp): Promise<RegExpExecArray> {
  for (;;) {
    const match = pattern.exec(run.stderr);
    if (match !== null) return match;
    const end = await Promise.race([once(run.child.stderr, 'data').then(() => undefined), run.ended]);
    if (end !== undefined) throw new Error(`it ended with ${end.exitCode}: ${end.stderr}`);
  }
}

it('serve ws://…, and connect --ws --sse before it: a WebSocket server becomes one again', async () => {
  const fixture = new Fixture();
  const servers = await new WebSocketServers(() => fixture.create({} as Caller)).open();
  const env = { MCP_NOSTR_HOME: home, TOKEN_OF_MINE: 'upstream-secret' };
  const relay = ['--relay', world.relayUrls[0] ?? ''];
  const header = ['--header', 'Authorization: Bearer ${TOKEN_OF_MINE}'];
  const server = new CliRun(['serve', servers.url.href, '--public', '--json', ...relay, ...header], env);
  onTestFinished(async () => void (await server.stop()));
  const { address } = await server.event('ready');
  const run = new CliRun(['connect', String(address), '--sse', '0', '--ws'], env);
  onTestFinished(async () => void (await run.stop()));
  const listening =
    /listening on (http\S+\/sse)\n.*listening on (ws\S+\/ws)\n.*Authorization: Bearer (\S+)\n/;
  const [, sse = '', ws = '', token = ''] = await printed(run, listening);
  expect(await new RawWebSocket(ws).status).toBe(401);
  const client = new Client({ name: 'cli', version: '1' });
  await client.connect(new WebSocketClientTransport(new URL(ws.replace('//', `//any:${token}@`))));
  expect(await client.callTool({ name: 'echo', arguments: { text: 'through' } })).toMatchObject({
    content: [{ text: 'through' }],
  });
  const stream = await RawSse.open(sse, { authorization: `Bearer ${token}` });
  await stream.post(initialize);
  // It is answered for where it is slow; a call waits for it.
  expect(await stream.answer(0)).toHaveProperty('result');
  const params = { name: 'echo', arguments: { text: 'in a stream' } };
  await stream.post({ id: 1, method: 'tools/call', params });
  expect(await stream.answer(1)).toMatchObject({ result: { content: [{ text: 'in a stream' }] } });
  // With its clients still there.
  const [end, serverEnd] = await Promise.all([run.stop(), server.stop()]);
  expect(end).toMatchObject({ exitCode: 0, stdout: '' });
  expect(serverEnd.exitCode).toBe(0);
  await stream.ended;
  expect(`${serverEnd.stdout}${serverEnd.stderr}`).not.toContain('upstream-secret');
  expect(end.stderr.split(token)).toHaveLength(2);
  expect(servers.opened.items.at(-1)).toMatchObject({ authorization: 'Bearer upstream-secret' });
  await servers.close();
});
