import { type McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SubscribeRequestSchema, UnsubscribeRequestSchema } from '@modelcontextprotocol/sdk/types.js';

import { fixedResources, TEMPLATE_URI, templateContent } from '../resources.ts';

export function registerResources(server: McpServer): void {
  for (const [name, { uri, mimeType, description, content }] of Object.entries(fixedResources)) {
    server.registerResource(name, uri, { mimeType, description }, () => ({
      contents: [{ uri, mimeType, ...content }],
    }));
  }
  server.registerResource(
    'template',
    new ResourceTemplate(TEMPLATE_URI, { list: undefined }),
    { mimeType: 'application/json', description: 'data for an id' },
    ({ href }, { id }) => ({ contents: [templateContent(href, String(id))] }),
  );
  const subscribed = new Set<string>();
  server.server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
    subscribed.add(params.uri);
    return {};
  });
  server.server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
    subscribed.delete(params.uri);
    return {};
  });
}
