import { type McpServer, ResourceTemplate } from '@modelcontextprotocol/server';

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
  // Of the old era alone: in the new one `subscriptions/listen` takes their place.
  const subscribed = new Set<string>();
  server.server.setRequestHandler('resources/subscribe', ({ params }) => {
    subscribed.add(params.uri);
    return {};
  });
  server.server.setRequestHandler('resources/unsubscribe', ({ params }) => {
    subscribed.delete(params.uri);
    return {};
  });
}
