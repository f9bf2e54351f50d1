import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { CliRun, type Ended } from '../helpers/cli.ts';
import { legs } from '../helpers/legs.ts';
import { answer, initialize, post } from '../helpers/raw-http.ts';
import { sharedWorld } from '../helpers/world.ts';

const mcpRemote = join(createRequire(import.meta.url).resolve('mcp-remote/package.json'), '../dist/proxy.js');
const home = mkdtempSync(join(tmpdir(), 'mcp-nostr-http-'));
const env = { MCP_NOSTR_HOME: home, MCP_REMOTE_CONFIG_DIR: home };
const world = sharedWorld(legs[0]!);
let run: CliRun;
let url: string;
let authorization: string;

beforeAll(async () => {
  run = new CliRun(['connect', world.server.address, '--http', '0'], env);
  [url = '', authorization = ''] = await printed(
    run,
    /listening on (\S+)\n[^]*Authorization: (Bearer \S+)\n/,
  );
});
afterAll(async () => {
  await run.stop();
  rmSync(home, { recursive: true });
});

/** What the groups of a pattern match in stderr, as soon as they do. */
async function printed(of: CliRun, pattern: RegExp): Promise<string[]> {
  for (;;) {
    const [match, ...groups] = pattern.exec(of.stderr) ?? [];
    if (match !== undefined) return groups;
    const more = once(of.child.stderr, 'data').then(() => undefined);
    const end = await Promise.race([more, of.ended]);
    if (end !== undefined) throw new Error(`it ended with ${end.exitCode}: ${end.stderr}`);
  }
}

it('is a local HTTP server for the SDK, and needs the token that it printed once', async () => {
  expect((await post(url, initialize)).status).toBe(401);
  const client = new Client({ name: 'host', version: '1.0.0' });
  const requestInit = { headers: { Authorization: authorization } };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
  expect(await client.callTool({ name: 'echo', arguments: { text: 'hi' } })).toMatchObject({
    content: [{ text: 'hi' }],
  });
  await client.close();
  expect(run.stderr.split(authorization)).toHaveLength(2);
});

it('serves mcp-remote, which a host runs in its place', async () => {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [mcpRemote, url, '--header', 'Authorization:${TOKEN}', '--silent'],
    env: { ...(process.env as Record<string, string>), ...env, TOKEN: authorization },
    stderr: 'pipe',
  });
  const client = new Client(
    { name: 'host', version: '1.0.0' },
    { capabilities: { elicitation: { form: {} } } },
  );
  client.setRequestHandler(ElicitRequestSchema, () => ({
    action: 'accept',
    content: { name: 'Ada', colour: 'green' },
  }));
  await client.connect(transport);
  expect(client.getServerVersion()?.name).toContain('fixture');
  expect(await client.callTool({ name: 'echo', arguments: { text: 'hi' } })).toMatchObject({
    content: [{ text: 'hi' }],
  });
  expect(await client.callTool({ name: 'ask-user', arguments: { question: 'Who?' } })).toMatchObject({
    content: [{ text: expect.stringContaining('Ada') }],
  });
  await client.close();
});

it('says what to do when its port is taken, and what --cors and --no-token are for', async () => {
  const { port } = new URL(url);
  const [taken, misplaced, noOrigin] = await Promise.all(
    [['--http', port], ['--no-token'], ['--http', '0', '--cors', 'https://app.example/page']].map(
      (args): Promise<Ended> => new CliRun(['connect', world.server.address, ...args], env).ended,
    ),
  );
  expect(taken).toMatchObject({ exitCode: 2, stdout: '' });
  expect(taken?.stderr).toContain(`port ${port} is in use`);
  expect(taken?.stderr).toContain('--http 0');
  expect(misplaced).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--http') });
  expect(noOrigin).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('an origin is like') });
});

it('takes a token of its user without showing it, and none by --no-token; it ends soon with a stream open', async () => {
  const token = 'a-token-of-my-own-1234';
  const own = new CliRun(['connect', world.server.address, '--http', '0'], {
    ...env,
    MCP_NOSTR_HTTP_TOKEN: token,
  });
  const open = new CliRun(['connect', world.server.address, '--http', '0', '--no-token'], env);
  const [[ownUrl = ''], [openUrl = '']] = await Promise.all([
    printed(own, /listening on (\S+)\n/),
    printed(open, /listening on (\S+)\n/),
  ]);
  const { status } = await answer(post(ownUrl, initialize, { authorization: `Bearer ${token}` }));
  expect([status, (await post(ownUrl, initialize)).status]).toEqual([200, 401]);
  const session = await post(openUrl, initialize);
  await session.text();
  const stream = await fetch(openUrl, {
    headers: { 'mcp-session-id': session.headers.get('mcp-session-id') ?? '', accept: 'text/event-stream' },
  });
  const ends = await Promise.all([own.stop(), open.stop()]);
  expect(ends).toMatchObject([
    { exitCode: 0, stdout: '' },
    { exitCode: 0, stdout: '' },
  ]);
  expect(ends[0]?.stderr).not.toContain(token);
  expect(await stream.text().catch(() => '')).toBe('');
});
