import type { JsonRpcMessage, RequestId } from '@mcp-nostr/core';

/** What a bridge needs of a transport to the server: a part of the SDK's `Transport`. */
export interface ClientTransport {
  start(): Promise<void>;
  send(message: JsonRpcMessage): Promise<void>;
  close(): Promise<void>;
  /** `extra.relatedRequestId`: the request of ours on whose behalf the server sends this. */
  onmessage?:
    | ((message: JsonRpcMessage, extra?: object & { relatedRequestId?: RequestId | undefined }) => void)
    | undefined;
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
}

/** Makes a transport that is not started: a Nostr connection of its own. */
export type OpenTransport = () => ClientTransport;

/** A line for whoever reads the log. */
export type Log = (line: string) => void;
