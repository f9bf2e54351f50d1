import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { expect, it, onTestFinished } from 'vitest';

import { cliWords, root } from '../helpers/cli.ts';
import { relayOf, serverOf, toolsOf } from '../helpers/host-clients.ts';
import { calmLegs, serveWithKey } from '../helpers/restart.ts';
import { withWorld, World } from '../helpers/world.ts';

const [leg] = calmLegs;
if (leg === undefined) throw new Error('there is no leg');

it('connect in a process of its own has the server without any network, once it was seen', () =>
  withWorld(new World(leg), async (world) => {
    const home = mkdtempSync(join(tmpdir(), 'mcp-nostr-host-'));
    onTestFinished(() => rmSync(home, { recursive: true }));
    const { server } = await serveWithKey(world, serverOf('old'));
    const [command = '', ...words] = cliWords;
    const host = async (): Promise<Client> => {
      const client = new Client({ name: 'host', version: '1.0.0' });
      const args = [...words, 'connect', server.address];
      const env = { PATH: process.env['PATH'] ?? '', MCP_NOSTR_HOME: home };
      await client.connect(new StdioClientTransport({ command, args, cwd: root, env, stderr: 'pipe' }));
      onTestFinished(() => client.close());
      return client;
    };

    const first = await host();
    expect(await toolsOf(first)).toEqual(['old']);
    expect(await first.callTool({ name: 'old' })).toMatchObject({ content: [{ text: 'old' }] });
    await first.close();
    const [file = ''] = readdirSync(join(home, 'catalogues'));
    expect(statSync(join(home, 'catalogues', file)).mode & 0o777).toBe(0o600);

    await relayOf(world).stop();
    const second = await host();
    expect(second.getServerVersion()?.name).toBe('offline');
    expect(await toolsOf(second)).toEqual(['old']);
  }));
