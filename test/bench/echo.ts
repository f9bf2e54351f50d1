import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';

import type { EchoCall } from './measure.ts';

/** The one server that all peers are measured with. */
export function echoServer(): McpServer {
  const server = new McpServer({ name: 'echo', version: '1.0.0' });
  server.registerTool('echo', { inputSchema: { text: z.string() } }, ({ text }) => ({
    content: [{ type: 'text', text }],
  }));
  return server;
}

/** A call that checks its answer. */
export function echoCall(client: Client): EchoCall {
  return async (text) => {
    const { content } = await client.callTool({ name: 'echo', arguments: { text } });
    const [item]: { text?: string }[] = Array.isArray(content) ? content : [];
    if (item?.text !== text) throw new Error(`echo of ${text} was ${JSON.stringify(content)}`);
  };
}
