import { generateSecretKey, secretKeySigner } from '@mcp-nostr/core';
import { serve } from '@mcp-nostr/server';
import { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

/** A notice board for clients of both eras of MCP. Returns a handle with its address. */
export async function startBoard(relays: string[]) {
  const notices: string[] = [];
  const signer = secretKeySigner(generateSecretKey());
  const server = await serve({ signer, relays, allow: 'public', serveStdio }, ({ npub }) => {
    const mcp = new McpServer(
      { name: 'board', version: '1.0.0' },
      { capabilities: { resources: { listChanged: true } } },
    );
    notices.forEach((text, index) => show(mcp, text, index));
    mcp.registerTool('post', { inputSchema: z.object({ text: z.string() }) }, (given) => {
      const text = `${npub.slice(0, 10)}: ${given.text}`;
      const index = notices.push(text) - 1;
      // A server for each connection: all of them show it, and each tells its client.
      for (const each of server.servers) show(each, text, index);
      return { content: [{ type: 'text', text: `${notices.length} notices` }] };
    });
    return mcp;
  });
  return server;
}

function show(mcp: McpServer, text: string, index: number): void {
  mcp.registerResource(`notice ${index}`, `board://${index}`, {}, ({ href: uri }) => ({
    contents: [{ uri, text }],
  }));
}
