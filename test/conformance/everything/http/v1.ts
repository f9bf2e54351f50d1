import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';

import { everythingServer } from '../v1/server.ts';
import { type HttpServer, listen } from './listen.ts';
import { HttpSessions } from './sessions.ts';

/** The server of SDK 1.x over its own Streamable HTTP. */
export function listenV1(): Promise<HttpServer> {
  const sessions = new HttpSessions(async (options) => {
    const transport = new WebStandardStreamableHTTPServerTransport(options);
    await everythingServer().connect(transport);
    return transport;
  });
  return listen({ fetch: sessions.fetch, close: () => sessions.close() });
}
