import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

import { bearerToken } from './gate.ts';

/** A subprotocol that carries the token, for programs that can set no header: browsers, for example. */
const TOKEN_SUBPROTOCOL = 'bearer.';

/** What a request without an upgrade does not say. */
const UPGRADE_HEADERS = new Set(['connection', 'upgrade', 'http2-settings']);

/**
 * "A server MAY ignore a received Upgrade header field" (RFC 9110, section 7.8), and has to where it is meant for another
 * protocol: Java's clients offer HTTP/2 with their first request. Node has given us the socket, and takes it back.
 */
export function ignoreUpgrade(server: Server, incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { method, url, rawHeaders } = incoming;
  const names = rawHeaders.filter((_, index) => index % 2 === 0);
  const lines = names.map((name, index) => `${name}: ${rawHeaders[index * 2 + 1]}\r\n`);
  const kept = lines.filter((_, index) => !UPGRADE_HEADERS.has((names[index] ?? '').toLowerCase()));
  const request = `${method} ${url} HTTP/1.1\r\n${kept.join('')}\r\n`;
  socket.unshift(Buffer.concat([Buffer.from(request, 'latin1'), head]));
  server.emit('connection', socket);
}

export function isWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

/** A WebSocket handshake as the gate reads requests; nothing when it is none. */
export function upgradeRequest(incoming: IncomingMessage): Request | undefined {
  const { headers, method = '', url = '' } = incoming;
  if (method !== 'GET') return undefined;
  const pairs = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]);
  try {
    return new Request(new URL(url, `http://${headers.host}`), { headers: pairs });
  } catch {
    return undefined;
  }
}

/**
 * The token as a WebSocket client can give it: as any other in a header, in the address itself, `ws://any:TOKEN@…`, which
 * programs turn into HTTP Basic, or as a subprotocol beside `mcp`. Not in the query, which is in logs and histories.
 */
export function upgradeToken(request: Request): string | undefined {
  const [, basic] = /^Basic +(\S+) *$/i.exec(request.headers.get('authorization') ?? '') ?? [];
  if (basic !== undefined)
    return Buffer.from(basic, 'base64')
      .toString('utf8')
      .replace(/^[^:]*:/, '');
  const offered = (request.headers.get('sec-websocket-protocol') ?? '').split(',').map((name) => name.trim());
  const named = offered.find((name) => name.startsWith(TOKEN_SUBPROTOCOL));
  return bearerToken(request) ?? named?.slice(TOKEN_SUBPROTOCOL.length);
}

/** Answers a handshake as an ordinary request. Never rejects. */
export async function refuseUpgrade(socket: Duplex, response: Response): Promise<void> {
  const body = await response.text().catch(() => '');
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const status = `${response.status} ${STATUS_CODES[response.status] ?? ''}`;
  const length = `content-length: ${Buffer.byteLength(body)}\r\n`;
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\n${length}${headers}\r\n${body}`);
}
