import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** NIP-11: any web page may ask. */
const CORS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': '*',
  'Access-Control-Allow-Methods': 'GET, HEAD, OPTIONS',
};

/** Whether the request is for the relay. NIP-01: a relay whose paths mean nothing serves a single endpoint. */
export function isRelayPath(request: IncomingMessage): boolean {
  return request.url?.split('?', 1)[0] === '/';
}

/** Answers what is no WebSocket: the information document (NIP-11), or a word to whoever came with a browser. */
export function answerHttp(
  request: IncomingMessage,
  response: ServerResponse,
  page: { name: string; information: object },
): void {
  const answer = (status: number, type: string, body: string, headers: Record<string, string> = {}): void => {
    response.writeHead(status, { ...CORS, Vary: 'Accept', 'Content-Type': type, ...headers });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
  const text = 'text/plain; charset=utf-8';
  if (!isRelayPath(request)) {
    answer(404, text, 'Not found: the relay is at /\n');
  } else if (request.method === 'OPTIONS') {
    response.writeHead(204, CORS).end();
  } else if (request.method !== 'GET' && request.method !== 'HEAD') {
    answer(405, text, 'Only GET is answered here\n', { Allow: CORS['Access-Control-Allow-Methods'] });
  } else if (request.headers.accept?.includes('application/nostr+json') === true) {
    answer(200, 'application/nostr+json', JSON.stringify(page.information));
  } else {
    answer(
      200,
      text,
      `${page.name}: a Nostr relay. Connect to this address with a Nostr client (WebSocket).\n`,
    );
  }
}

/** Refuses a WebSocket before it is one, with a status that clients show. */
export function refuseUpgrade(socket: Duplex, status: string, body: string): void {
  // The peer may be gone already, and nobody else listens here.
  socket.on('error', () => socket.destroy());
  // Nor may it keep its half of the connection.
  socket.once('finish', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
