import {
  createMcpHandler,
  isLegacyRequest,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';

import { EverythingServers } from '../v2/server.ts';
import { type HttpServer, listen } from './listen.ts';
import { HttpSessions } from './sessions.ts';

/** The servers of SDK 2.x over its own Streamable HTTP: the old era in sessions, the new one without. */
export function listenV2(): Promise<HttpServer> {
  const servers = new EverythingServers();
  const sessions = new HttpSessions(async (options) => {
    const transport = new WebStandardStreamableHTTPServerTransport(options);
    await servers.create().connect(transport);
    return transport;
  });
  const modern = createMcpHandler(servers.create, { legacy: 'reject' });
  servers.onchange = (list) =>
    list === 'tools' ? modern.notify.toolsChanged() : modern.notify.promptsChanged();
  return listen({
    fetch: async (request, options) =>
      (await isLegacyRequest(request)) ? sessions.fetch(request) : modern.fetch(request, options),
    close: async () => {
      await modern.close();
      await sessions.close();
    },
  });
}
