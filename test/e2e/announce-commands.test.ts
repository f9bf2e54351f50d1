import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { getPublicKey, parseAddress } from '@mcp-nostr/core';
import { startRelay } from '@mcp-nostr/relay';
import { expect, it, onTestFinished } from 'vitest';

import { keepAnnounced } from '../../packages/cli/src/announce/announced-file.ts';
import { announcedOn, kindsOf, storedOf } from '../helpers/announced.ts';
import { CliRun } from '../helpers/cli.ts';
import { runMain, temporaryHome } from '../helpers/cli-in-process.ts';

/** A stdio server with two tools and nothing else, that ends when it is asked for something that it does not know. */
const program = `
import { createInterface } from 'node:readline';
const tools = ['shown', 'hidden'].map((name) => ({ name, inputSchema: { type: 'object' } }));
const results = {
  initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'x', version: '1' } },
  'tools/list': { tools },
};
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method } = JSON.parse(line);
  if (id === undefined) continue;
  if (results[method] === undefined) process.exit(1);
  console.log(JSON.stringify({ jsonrpc: '2.0', id, result: results[method] }));
}
`;

it('serve announces servers as their file says, and unannounce takes that back', async () => {
  const home = temporaryHome();
  const [relay, board] = await Promise.all([startRelay(), startRelay()]);
  onTestFinished(() => Promise.all([relay.close(), board.close()]).then(() => {}));
  writeFileSync(join(home, 'program.mjs'), program);
  const entry = { command: process.execPath, args: [join(home, 'program.mjs')] };
  const words = { name: 'Everything', relays: [board.url], relayList: true };
  const file = join(home, 'servers.json');
  const servers = { told: { ...entry, announce: words }, quiet: { ...entry, announce: false } };
  writeFileSync(file, JSON.stringify({ mcpServers: servers }));
  const options = ['--public', '--announce', '--allow-tool', 'shown', '--relay', relay.url, '--json'];
  const run = new CliRun(['serve', '--config', file, ...options], { MCP_NOSTR_HOME: home });
  onTestFinished(() => run.stop().then(() => {}));
  const keys = new Map<unknown, string>();
  await run.printed(new RegExp(`told *announced on ${board.url}`));
  await run.printed(new RegExp(`told *announced on ${relay.url}`));
  for (const line of run.stdout.trim().split('\n')) {
    const { event, server, address } = JSON.parse(line) as Record<string, unknown>;
    if (event === 'ready') keys.set(server, parseAddress(String(address)).pubkey);
  }
  const [told = '', quiet = ''] = [keys.get('told'), keys.get('quiet')];
  for (const { url } of [relay, board]) {
    const found = await announcedOn(url, told);
    expect(found).toMatchObject({ name: 'Everything', relays: [relay.url] });
    expect(found?.tools?.map(({ name }) => name)).toEqual(['shown']);
    expect(await storedOf(quiet, url)).toEqual([]);
  }
  await run.stop();

  const closed = new CliRun(['serve', 'told', '--config', file, '--relay', relay.url], {
    MCP_NOSTR_HOME: home,
  });
  onTestFinished(() => closed.stop().then(() => {}));
  await closed.printed(/may still announce .*: mcp-nostr unannounce --server told/);
  await closed.stop();
  const { exitCode, stdout } = await runMain(['unannounce', '--server', 'told', '--json']);
  expect(exitCode).toBe(0);
  const outcomes = [relay, board].map(({ url }) => ({ relay: url, found: 3, left: 0 }));
  expect(JSON.parse(stdout)).toMatchObject({ relays: expect.arrayContaining(outcomes) });
  for (const { url } of [relay, board]) expect(kindsOf(await storedOf(told, url))).toEqual([5]);
  const again = await runMain(['unannounce', '--server', 'told']);
  expect(again).toMatchObject({ exitCode: 0, stdout: `${relay.url}  had nothing of it\n` });
});

it('a relay that is not reached is named, and asked again the next time if it had the announcement', async () => {
  const home = temporaryHome();
  writeFileSync(join(home, 'a.key'), 'c'.repeat(64), { mode: 0o600 });
  const key = join(home, 'a.key');
  const unknown = await runMain(['unannounce', '--key', key]);
  expect(unknown).toMatchObject({ exitCode: 2, stdout: '' });
  expect(unknown.stderr).toContain('name its relays: --relay wss://…');
  expect(await runMain(['unannounce', '--key', join(home, 'none.key')])).toMatchObject({ exitCode: 2 });
  const [dead, named] = ['ws://127.0.0.1:9', 'ws://127.0.0.1:11'];
  await keepAnnounced(getPublicKey(Buffer.from('c'.repeat(64), 'hex')), { relays: [dead], kinds: [] });
  for (const [relay, ...relays] of [[dead], [named, '--relay', named], [dead]]) {
    const { exitCode, stdout, stderr } = await runMain(['unannounce', '--key', key, ...relays]);
    expect(exitCode).toBe(4);
    expect(stdout).toContain(`${relay}  not reached: connect ECONNREFUSED`);
    expect(stderr).toContain('1 of 1 relays may still announce npub1');
  }
});

it.each([
  [['--announce'], 'nothing is published of a private one'],
  [['--announce', '--allow', 'a'.repeat(64)], 'nothing is published of a private one'],
  [['--public', '--relay-list'], '--relay-list says how a server is announced'],
  [['--public', '--announce', '--about', 'x', '--config', 'f'], '--about is for one server'],
  [['--public', '--announce', '--name', ''], '--name is empty'],
])('serve %s is an error that says what to do', async (options, message) => {
  temporaryHome();
  const { exitCode, stderr } = await runMain(['serve', ...options, '--', process.execPath]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(message);
});
