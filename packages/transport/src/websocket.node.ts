import WebSocket from 'ws';

import { limits } from './limits.ts';
import type { OpenSocket } from './socket.ts';

/** `ws` on every Node: it can ping, bounds what it reads, and is there on Node 20. */
export const openSocket: OpenSocket = (url, handlers) => {
  let failure = '';
  const socket = new WebSocket(url, {
    // Compression costs a quarter of a MiB per connection and gains nothing on encrypted content.
    perMessageDeflate: false,
    maxPayload: limits.maxSocketMessageBytes,
    handshakeTimeout: limits.socketOpenTimeoutMs,
  });
  socket.on('open', () => handlers.onopen());
  socket.on('pong', () => handlers.onpong());
  socket.on('message', (data, isBinary) => {
    // NIP-01 speaks text; with the default binaryType a text message is one Buffer.
    if (!isBinary && Buffer.isBuffer(data)) handlers.onmessage(data.toString('utf8'));
  });
  socket.on('error', (error) => {
    failure = describe(error);
  });
  socket.on('close', (code, reason) => {
    const text = reason.toString('utf8');
    handlers.onclose(failure || text || (code === 1006 ? 'connection lost' : `closed with code ${code}`));
  });
  return {
    send(text) {
      // ws throws on a socket that is connecting; what was lost on a closing one, `close` will say.
      if (socket.readyState === WebSocket.OPEN) socket.send(text, ignoreError);
    },
    ping() {
      if (socket.readyState === WebSocket.OPEN) socket.ping(undefined, undefined, ignoreError);
      return true;
    },
    close() {
      // A peer that does not answer the closing handshake would hold the process for 30 s.
      if (socket.readyState === WebSocket.OPEN) socket.close(1000);
      const timer = setTimeout(() => socket.terminate(), 500);
      timer.unref();
      socket.once('close', () => clearTimeout(timer));
      if (socket.readyState === WebSocket.CONNECTING) socket.terminate();
    },
  };
};

/** What a write's failure means is said by `close`, which follows it. */
function ignoreError(): void {}

function describe(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  // An AggregateError (happy eyeballs) has an empty message and only a code.
  return error.message === '' ? code : error.message;
}
