import { createServer } from 'node:http';

import { startRelay } from '@mcp-nostr/relay';

import { startDemoServer } from './demo-server.ts';
import { pageFiles } from './page-files.ts';

// A relay, an MCP server and the page, all on this computer. PORT is optional.
const files = new Map((await pageFiles()).map((file) => [`/${file.name}`, file]));
const relay = await startRelay();
const demo = await startDemoServer([relay.url]);
const http = createServer((request, response) => {
  const path = request.url?.split('?', 1)[0];
  const file = files.get(path === '/' ? '/index.html' : (path ?? ''));
  if (file === undefined) {
    response.writeHead(404).end();
    return;
  }
  const headers = { 'Content-Type': file.contentType, 'X-Content-Type-Options': 'nosniff' };
  response.writeHead(200, headers).end(file.body);
});
http.listen(Number(process.env['PORT'] ?? 0), '127.0.0.1', () => {
  const address = http.address();
  if (typeof address !== 'object' || address === null) throw new Error('listens on no port');
  console.log(`Open http://127.0.0.1:${address.port}/#${demo.address}`);
  console.log('Ctrl-C ends it.');
});

async function close(): Promise<void> {
  http.close();
  http.closeAllConnections();
  await demo.close();
  await relay.close();
}
process.once('SIGINT', () => void close()); // a failure ends the process with its stack
process.once('SIGTERM', () => void close());
