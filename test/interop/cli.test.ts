import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { formatNpub, parseAddress } from '@mcp-nostr/core';
import type { Relay } from '@mcp-nostr/relay';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { CliRun, cliWords, root } from '../helpers/cli.ts';
import type { Cell } from './cells.ts';
import { openRelays, Stage } from './stage.ts';
import { theirClientTransport } from './theirs.ts';

const everything = join(
  createRequire(import.meta.url).resolve('@modelcontextprotocol/server-everything/package.json'),
  '../dist/index.js',
);
const cells = [
  { encryption: 'optional', wraps: 'optional', start: 'initialize', relays: 2 },
  { encryption: 'required', wraps: 'persistent', start: 'stateless', relays: 1 },
  { encryption: 'disabled', wraps: 'optional', start: 'initialize', relays: 1 },
] as const;
const titled = cells.map((cell) => [`encryption ${cell.encryption}, wraps ${cell.wraps}`, cell] as const);
const modeOf = ({ encryption }: Omit<Cell, 'direction'>): string[] =>
  encryption === 'disabled' ? ['--encryption', 'none'] : [];

const relays: Relay[] = [];
const home = mkdtempSync(join(tmpdir(), 'mcp-nostr-'));
const env = { MCP_NOSTR_HOME: home };
beforeAll(async () => void relays.push(...(await openRelays())));
afterAll(async () => {
  await Promise.all(relays.map((relay) => relay.close()));
  rmSync(home, { recursive: true });
});

describe('their client at mcp-nostr serve', () => {
  it.each(titled)('%s: uses server-everything', async (_, values) => {
    const cell: Cell = { direction: 'their client, our server', ...values };
    const urls = relays.slice(0, cell.relays).map(({ url }) => url);
    const places = urls.flatMap((url) => ['--relay', url]);
    const program = ['--', process.execPath, everything, 'stdio'];
    // The tool shows the environment of this machine.
    const words = ['serve', '--public', '--json', '--deny-tool', 'get-env', ...modeOf(cell), ...places];
    const server = new CliRun([...words, ...program], { MCP_NOSTR_HOME: join(home, cell.encryption) });
    onTestFinished(async () => void (await server.stop()));
    const { pubkey } = parseAddress(String((await server.event('ready'))['address']));
    const ready = (): number => server.stdout.match(/"status":"ready"/g)?.length ?? 0;
    await expect.poll(ready, { timeout: 20_000 }).toBe(urls.length);
    const client = new Client({ name: 'theirs', version: '1.0.0' });
    onTestFinished(() => client.close());
    await client.connect(theirClientTransport(cell, pubkey, { relays: urls }));
    const { tools } = await client.listTools();
    const names = tools.map(({ name }) => name);
    expect(names).toContain('echo');
    expect(names).not.toContain('get-env');
    expect(await client.callTool({ name: 'echo', arguments: { message: 'grüße 🌍' } })).toMatchObject({
      content: [{ text: 'Echo: grüße 🌍' }],
    });
    const seen: number[] = [];
    const long = { name: 'trigger-long-running-operation', arguments: { duration: 1, steps: 10 } };
    await client.callTool(long, undefined, { onprogress: ({ progress }) => seen.push(progress) });
    // The SDK loses a progress notification that it reads together with the answer: these are long before it.
    expect(seen.slice(0, 2)).toEqual([1, 2]);
    expect(await client.callTool({ name: 'echo', arguments: {} })).toMatchObject({ isError: true });
    expect((await client.listResources()).resources.length).toBeGreaterThan(0);
    expect((await client.listPrompts()).prompts.length).toBeGreaterThan(0);
  });
});

describe('mcp-nostr at their server', () => {
  it.each(titled)(
    '%s: call lists, calls and tells of errors; connect gives it to a host',
    async (_, values) => {
      const cell: Cell = { direction: 'our client, their server', ...values };
      const stage = new Stage(cell, relays);
      onTestFinished(() => stage.close());
      const address = formatNpub(await stage.server());
      const places = [...stage.relayUrls.flatMap((url) => ['--relay', url]), ...modeOf(cell)];
      const run = (...words: string[]) => new CliRun([...words, ...places], env).ended;

      const list = await run('call', address, '--json');
      expect(list).toMatchObject({ exitCode: 0, stderr: '' });
      expect(list.stdout).toContain('"echo"');
      expect(await run('call', address, 'echo', 'text=grüße')).toMatchObject({
        exitCode: 0,
        stdout: 'grüße\n',
      });
      const failed = await run('call', address, 'fail');
      expect(failed.exitCode).not.toBe(0);
      expect(failed.stdout + failed.stderr).toContain('the tool failed on purpose');

      const [command = '', ...words] = [...cliWords, 'connect', address, ...places];
      const transport = new StdioClientTransport({
        command,
        args: words,
        cwd: root,
        env: { ...process.env, ...env },
      });
      const host = new Client({ name: 'host', version: '1.0.0' });
      onTestFinished(() => host.close());
      await host.connect(transport);
      expect((await host.listTools()).tools).toHaveLength(5);
      const seen: (string | undefined)[] = [];
      const onprogress = ({ message }: { message?: string | undefined }): void => {
        // The SDK loses a progress notification that it reads together with the answer: that waits for it.
        if (seen.push(message) === 2) stage.tools.gates.of('told').open();
      };
      const given = { name: 'host', steps: 2, gate: 'told', gateAfter: 2 };
      await host.callTool({ name: 'progress', arguments: given }, undefined, { onprogress });
      expect(seen).toEqual(['host 1', 'host 2']);
      expect(await host.callTool({ name: 'count', arguments: { key: 'host' } })).toMatchObject({
        content: [{ text: 'host' }],
      });
      expect([...stage.tools.executions]).toEqual([['host', 1]]);
    },
  );
});
