import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';

import { registerAskingTools } from './asking-tools.ts';
import { registerPrompts } from './prompts.ts';
import { registerResources } from './resources.ts';
import { registerTools } from './tools.ts';

/** A server of SDK 1.x with all that the suite asks of one of the old era. */
export function everythingServer(): McpServer {
  const server = new McpServer(
    { name: 'everything-v1', version: '1.0.0' },
    { capabilities: { logging: {}, resources: { subscribe: true } } },
  );
  registerTools(server);
  registerAskingTools(server);
  registerResources(server);
  registerPrompts(server);
  return server;
}
