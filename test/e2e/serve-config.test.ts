import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { NostrClientTransport } from '@mcp-nostr/client';
import { type Relay, startRelay } from '@mcp-nostr/relay';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { CliRun } from '../helpers/cli.ts';
import { HttpFront } from '../helpers/http-front.ts';
import { SdkOneServers } from '../helpers/http-servers.ts';

/** Answers each call with its process id, its folder and a variable; and tells the log the variable, as some do. */
const program = `
import { createInterface } from 'node:readline';
console.error('starting with', process.env.WORD);
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) continue;
  const text = JSON.stringify({ pid: process.pid, folder: process.cwd(), word: process.env.WORD, caller: process.env.MCP_NOSTR_CALLER });
  const result =
    method === 'initialize'
      ? { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'x', version: '1' } }
      : { content: [{ type: 'text', text }] };
  console.log(JSON.stringify({ jsonrpc: '2.0', id, result }));
}
`;
const home = mkdtempSync(join(tmpdir(), 'mcp-nostr-'));
const file = join(home, 'servers.json');
const logFile = join(home, 'logs', 'serve.log');
const front = new HttpFront();
const secrets = { SECRET_WORD: 'a word that nobody may see', WEB_CREDENTIALS: 'web-credentials-1234' };
const clients: Client[] = [];

let relay: Relay;
let run: CliRun;

beforeAll(async () => {
  [relay] = await Promise.all([startRelay(), front.open()]);
  front.handler = new SdkOneServers(() => new McpServer({ name: 'web', version: '1.0.0' })).handler;
  writeFileSync(join(home, 'program.mjs'), program);
  replace({ files, web, broken: { comand: 'node' }, off: { ...files, disabled: true }, unasked: files });
  const names = ['files', 'web', 'broken', 'off'];
  const args = [
    'serve',
    '--config',
    file,
    ...names,
    '--public',
    '--json',
    '--relay',
    relay.url,
    '--log-file',
    logFile,
  ];
  run = new CliRun(args, { MCP_NOSTR_HOME: home, ...secrets });
});

afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await run.stop();
  await Promise.all([relay.close(), front.close()]);
  rmSync(home, { recursive: true });
});

const files = {
  command: process.execPath,
  args: ['program.mjs'],
  cwd: home,
  env: { WORD: '${SECRET_WORD}', MCP_NOSTR_CALLER: 'somebody else' },
};
const web = {
  type: 'http',
  get url() {
    return front.url;
  },
  headers: { authorization: 'Bearer ${WEB_CREDENTIALS}' },
};

/** As editors do it: by another file with the same name. */
function replace(servers: object): void {
  writeText(`// what we serve\n${JSON.stringify({ mcpServers: servers }, null, 2)}\n`);
}

function writeText(text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

function events(name: string, server: string): Record<string, unknown>[] {
  return run.stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((event) => event['event'] === name && event['server'] === server);
}

/** The address with which a server is ready for the nth time. */
async function ready(server: string, times = 1): Promise<string> {
  await expect
    .poll(() => events('ready', server).length, { timeout: 20_000, message: `${server}: ${run.stderr}` })
    .toBe(times);
  return String(events('ready', server).at(-1)?.['address']);
}

const said = (text: string): Promise<void> =>
  expect.poll(() => run.stderr, { timeout: 20_000 }).toContain(text);

async function connect(address: string): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' });
  clients.push(client);
  await client.connect(new NostrClientTransport({ server: address }));
  return client;
}

async function ask(client: Client): Promise<Record<string, unknown>> {
  const { content } = (await client.callTool({ name: 'any' })) as { content: { text: string }[] };
  return JSON.parse(content[0]?.text ?? '') as Record<string, unknown>;
}

it('serves each server of a file under a key of its own, and one that is wrong keeps none from it', async () => {
  const [filesAddress, webAddress] = await Promise.all([ready('files'), ready('web')]);
  expect(filesAddress).not.toBe(webAddress);
  const lines = readFileSync(file, 'utf8').split('\n');
  const line = lines.findIndex((text) => text.includes('"broken"')) + 1;
  await said(`${file}:${line}: "broken" is not served: it has neither "command", for a program, nor "url"`);
  expect([...events('ready', 'off'), ...events('ready', 'unasked')]).toEqual([]);
  const keys = join(home, 'keys', 'servers');
  expect(readdirSync(keys).sort()).toEqual(['files.key', 'web.key']);
  expect(statSync(join(keys, 'files.key')).mode & 0o777).toBe(0o600);

  const [filesClient, webClient] = await Promise.all([connect(filesAddress), connect(webAddress)]);
  expect(await ask(filesClient)).toMatchObject({
    folder: home,
    word: secrets.SECRET_WORD,
    caller: expect.stringMatching(/^npub1/),
  });
  expect(webClient.getServerVersion()).toEqual({ name: 'web', version: '1.0.0' });
  expect(front.requests.items[0]?.headers.authorization).toBe(`Bearer ${secrets.WEB_CREDENTIALS}`);
  await expect
    .poll(() => events('call', 'files').map(({ method }) => method), { timeout: 20_000 })
    .toEqual(['initialize', 'tools/call']);
});

it('takes a change of the file to the servers that it concerns, and leaves the connections of the others', async () => {
  const before = events('ready', 'files').at(-1)?.['address'];
  const client = clients[0] as Client;
  const { pid } = await ask(client);
  replace({ files, broken: { ...files, args: ['program.mjs', 'repaired'] } });
  await ready('broken');
  await expect.poll(() => events('closed', 'web'), { timeout: 20_000 }).toHaveLength(1);
  expect((await ask(client))['pid']).toBe(pid);

  replace({ files: { ...files, env: { WORD: 'another' } } });
  expect(await ready('files', 2)).toBe(before);
  expect(await ask(await connect(String(before)))).toMatchObject({ word: 'another' });
});

it('goes on as before with a file that cannot be read, and says where it is wrong', async () => {
  writeText('{\n  "mcpServers": {\n    "files": {]\n');
  await said(`${file}:3: it is no JSON`);
  expect(await ask(clients.at(-1) as Client)).toMatchObject({ word: 'another' });
  rmSync(file);
  await said(`${file} cannot be read: ENOENT; all servers go on as before`);
  expect(await ask(clients.at(-1) as Client)).toMatchObject({ word: 'another' });
});

it('has a log that only its owner can read, with each call and with no secret', async () => {
  expect(await run.stop()).toMatchObject({ exitCode: 0 });
  expect(statSync(logFile).mode & 0o777).toBe(0o600);
  const log = readFileSync(logFile, 'utf8');
  expect(log).toMatch(/info {2}call server=files caller=npub1\w+ method=tools\/call/);
  expect(log).toContain('starting with [redacted]');
  const keys = readdirSync(join(home, 'keys', 'servers')).map((name) =>
    readFileSync(join(home, 'keys', 'servers', name), 'utf8').trim(),
  );
  for (const secret of [...Object.values(secrets), ...keys])
    expect(log + run.stderr + run.stdout).not.toContain(secret);
});
