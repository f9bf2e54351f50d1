import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';

import { largeText } from './large-text.ts';

/** A large result that is not here after this will not come. Quick calls keep the SDK's own minute. */
const LARGE_TIMEOUT_MS = 15_000;

/** Makes one call and resolves when its answer is here and right. `text` has 16 bytes. */
export type EchoCall = (text: string) => Promise<void>;

/** The one server that all peers are measured with. */
export function benchServer(): McpServer {
  const server = new McpServer({ name: 'bench', version: '1.0.0' });
  server.registerTool('echo', { inputSchema: { text: z.string() } }, ({ text }) => ({
    content: [{ type: 'text', text }],
  }));
  server.registerTool(
    'large',
    { inputSchema: { length: z.int().positive(), seed: z.int().nonnegative() } },
    ({ length, seed }) => ({ content: [{ type: 'text', text: largeText(length, seed) }] }),
  );
  return server;
}

/** A call that checks its answer. */
export function echoCall(client: Client): EchoCall {
  return async (text) => {
    const answer = await callForText(client, 'echo', { text });
    if (answer !== text) throw new Error(`echo of ${text} was ${answer}`);
  };
}

let seeds = 0;

/** Fetches one result of this length, another one each time, and checks it. */
export async function fetchLarge(client: Client, length: number): Promise<void> {
  const seed = seeds++;
  const text = await callForText(client, 'large', { length, seed });
  if (text.length !== length) throw new Error(`a result of ${length} bytes came with ${text.length}`);
  if (text !== largeText(length, seed))
    throw new Error(`a result of ${length} bytes came with other content`);
}

async function callForText(client: Client, name: string, values: Record<string, unknown>): Promise<string> {
  const options = name === 'large' ? { timeout: LARGE_TIMEOUT_MS } : {};
  const { content, isError } = await client.callTool({ name, arguments: values }, undefined, options);
  const [item]: { text?: string }[] = Array.isArray(content) ? content : [];
  if (item?.text === undefined || isError === true) {
    throw new Error(`${name} answered ${JSON.stringify(content).slice(0, 200)}`);
  }
  return item.text;
}
