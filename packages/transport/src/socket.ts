/** What `ws` on Node and the browser's WebSocket have in common, as this package needs it. */
export interface Socket {
  send(text: string): void;
  /** Asks for a pong on the level of WebSocket; false where the platform cannot. */
  ping(): boolean;
  /** Ends the connection; `onclose` still comes. */
  close(): void;
}

interface SocketHandlers {
  onopen(): void;
  onmessage(text: string): void;
  onpong(): void;
  /** Comes exactly once, also when the connection was never open. */
  onclose(reason: string): void;
}

export type OpenSocket = (url: string, handlers: SocketHandlers) => Socket;
