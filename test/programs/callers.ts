import assert from 'node:assert/strict';

import { Client as Client2, type Transport as Transport2 } from '@modelcontextprotocol/client';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import type { Transport as Transport1 } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CreateMessageRequestSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';

import type { Scene } from './scene.ts';

const info = { name: 'program-check', version: '1.0.0' };
const text = 'Grüße \u{1f44b}';

/** With `server-everything` at the other end: its list, a call. */
export async function echo(transport: Transport1): Promise<void> {
  await withClient(transport, async (client) => {
    const { content } = await client.callTool({ name: 'echo', arguments: { message: text } });
    assert.deepEqual(content, [{ type: 'text', text: `Echo: ${text}` }]);
  });
}

/** The same, with progress and a question of the server to the client's model: both directions. */
export async function converse(transport: Transport1): Promise<void> {
  await withClient(transport, async (client) => {
    const { content } = await client.callTool({ name: 'echo', arguments: { message: text } });
    assert.deepEqual(content, [{ type: 'text', text: `Echo: ${text}` }]);
    const seen: number[] = [];
    await client.callTool(
      { name: 'trigger-long-running-operation', arguments: { duration: 1, steps: 10 } },
      undefined,
      { onprogress: ({ progress }) => seen.push(progress) },
    );
    // The SDK's client drops one that arrives together with the result, whoever has carried them: these are long before it.
    assert.deepEqual(seen.slice(0, 2), [1, 2]);
    const asked = await client.callTool({
      name: 'trigger-sampling-request',
      arguments: { prompt: 'why?', maxTokens: 10 },
    });
    assert.match(JSON.stringify(asked), /because/);
  });
}

async function withClient(transport: Transport1, use: (client: Client1) => Promise<void>): Promise<void> {
  const client = new Client1(info, { capabilities: { sampling: {} } });
  client.setRequestHandler(CreateMessageRequestSchema, () => ({
    model: 'test-model',
    role: 'assistant',
    content: { type: 'text', text: 'because' },
  }));
  try {
    const changed = new Promise<void>((resolve) => {
      client.setNotificationHandler(ToolListChangedNotificationSchema, () => resolve());
    });
    await client.connect(transport);
    // A chain of programs may take longer to start than a host is let wait for: then it is told when they have.
    if (!(await hasEcho(client))) {
      await changed;
      assert.ok(await hasEcho(client));
    }
    await use(client);
  } finally {
    await client.close();
  }
}

async function hasEcho(client: Client1): Promise<boolean> {
  const { tools } = await client.listTools();
  return tools.some(({ name }) => name === 'echo');
}

/** With the client of SDK 2.x, which finds out which revision of MCP the server speaks. */
export async function echo2(transport: Transport2): Promise<void> {
  const client = new Client2(info, { versionNegotiation: { mode: 'auto' } });
  try {
    await client.connect(transport);
    const { content } = await client.callTool({ name: 'echo', arguments: { message: text } });
    assert.deepEqual(content, [{ type: 'text', text: `Echo: ${text}` }]);
  } finally {
    await client.close();
  }
}

/** Through `connect`, by whatever is served. */
export async function echoFrom(scene: Scene, address: string): Promise<void> {
  await echo(scene.stdio(scene.stage.cli, ['connect', address]));
}

export async function converseWith(scene: Scene, address: string): Promise<void> {
  await converse(scene.stdio(scene.stage.cli, ['connect', address]));
}
