import { once } from 'node:events';
import { createServer } from 'node:http';

import {
  type FetchLikeMcpHandler,
  localhostHostValidation,
  localhostOriginValidation,
  type NodeIncomingMessageLike,
  toNodeHandler,
} from '@modelcontextprotocol/node';

export interface HttpServer {
  readonly url: string;
  close(): Promise<void>;
}

/** An MCP endpoint on a free port of this machine, for programs of this machine. */
export async function listen(
  handler: FetchLikeMcpHandler & { close: () => Promise<void> },
): Promise<HttpServer> {
  const handle = toNodeHandler(handler);
  const isHostAllowed = localhostHostValidation();
  const isOriginAllowed = localhostOriginValidation();
  const server = createServer((request, response) => {
    // Both answer a request that they refuse.
    if (!isHostAllowed(request, response) || !isOriginAllowed(request, response)) return;
    // Its optional properties have another strictness than ours.
    handle(request as NodeIncomingMessageLike, response).catch((error: unknown) =>
      response.destroy(error as Error),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server listens on no port');
  return {
    url: `http://127.0.0.1:${address.port}/mcp`,
    close: async () => {
      await handler.close();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
