import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';

import { echoServer } from './echo.ts';
import { serving } from './role.ts';

// The one client of the benchmark: one session, begun by its `initialize`.
const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID });
await echoServer().connect(transport);
const server = createServer((request, response) => {
  transport.handleRequest(request, response).catch((error: unknown) => response.destroy(error as Error));
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  serving(`http://127.0.0.1:${address.port}/mcp`);
});
