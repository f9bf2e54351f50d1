import { limits } from './limits.ts';
import type { OpenSocket } from './socket.ts';

/** The WebSocket of the platform: it cannot ping and does not say why it failed. */
export const openSocket: OpenSocket = (url, handlers) => {
  let closed = false;
  let socket: WebSocket | undefined;
  const finish = (reason: string): void => {
    if (closed) return;
    closed = true;
    clearTimeout(timer);
    handlers.onclose(reason);
  };
  const timer = setTimeout(() => {
    socket?.close();
    finish('no answer');
  }, limits.socketOpenTimeoutMs);
  try {
    socket = new WebSocket(url);
    socket.addEventListener('open', () => {
      clearTimeout(timer);
      handlers.onopen();
    });
    socket.addEventListener('message', (event) => {
      if (typeof event.data === 'string') handlers.onmessage(event.data);
    });
    socket.addEventListener('close', (event) => {
      finish(
        event.reason ||
          (event.code === 1006 ? 'connection failed or lost' : `closed with code ${event.code}`),
      );
    });
  } catch (error) {
    // A ws:// relay on an https:// page is refused at once, with an exception.
    queueMicrotask(() =>
      finish(error instanceof Error ? error.message : 'connection refused by the browser'),
    );
  }
  return {
    send: (text) => {
      if (socket?.readyState === WebSocket.OPEN) socket.send(text);
    },
    ping: () => false,
    close() {
      socket?.close();
      // The browser may take long over the closing handshake; what comes after is of no interest.
      queueMicrotask(() => finish('closed'));
    },
  };
};
