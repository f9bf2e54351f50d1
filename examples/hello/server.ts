import { generateSecretKey, secretKeySigner } from '@mcp-nostr/core';
import { serve } from '@mcp-nostr/server';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';

/** An MCP server on Nostr. Returns a handle with its address. */
export function startHello(relays: string[]) {
  return serve({ signer: secretKeySigner(generateSecretKey()), relays, allow: 'public' }, (caller) => {
    const server = new McpServer({ name: 'hello', version: '1.0.0' });
    server.registerTool('greet', { inputSchema: { name: z.string() } }, ({ name }) => ({
      content: [{ type: 'text', text: `Hello ${name}, you call as ${caller.npub}` }],
    }));
    return server;
  });
}
