import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';

/** The server that moves over: what it does is not changed. */
export function weather(): McpServer {
  const server = new McpServer({ name: 'weather', version: '1.0.0' });
  server.registerTool('forecast', {}, () => ({ content: [{ type: 'text', text: 'rain' }] }));
  return server;
}
