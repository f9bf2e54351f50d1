import type { JsonRpcMessage } from '@mcp-nostr/core';
import type { UnfinishedMessages } from '@mcp-nostr/transport';

import type { MovedFailure } from './moved-failure.ts';

/** What a session has from outside: clock, chance, and where its messages go. */
export interface ClientSessionOptions {
  /** The same signed event can travel again; see `LinkOptions`. */
  isWrapped: boolean;
  /** Milliseconds that only grow. */
  clock: () => number;
  /** Seconds since 1970. */
  nowSeconds: () => number;
  /** From 0 to 1. */
  random: () => number;
  /** So many random bytes in hex. */
  randomHex: (bytes: number) => string;
  /** The server's process, as it has announced itself: with it the first opening may carry anything. */
  instance?: string | undefined;
  frameBytes: () => number;
  /** See `LinkOptions`. */
  credentialBytes?: (() => number) | undefined;
  /** The server does not take our grant any more. Returns whether another can be had. */
  regrant?: (() => boolean) | undefined;
  unfinished: UnfinishedMessages;
  /** For messages: what the server is called, and where it was looked for. */
  describe: () => { server: string; relays: string };
  /** The server has refused because it has another key; `statement`: what it has shown for that. */
  moved: (statement: string | undefined) => MovedFailure;
  /** `relation`: the JSON of the id of our request that the message belongs to. */
  onmessage: (message: JsonRpcMessage, relation?: string) => void;
  onerror: (error: Error) => void;
  /** The session cannot be continued. Comes at most once. */
  onlost: (reason: string) => void;
}
