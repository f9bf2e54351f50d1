import { getPublicKey, MESSAGE_KIND, secretKeySigner, unwrapEvent } from '@mcp-nostr/core';

import { RawSocket } from '../helpers/raw-socket.ts';

export interface Stamps {
  /** The time stamps of all that reached this key, the gift wraps' and their contents', in seconds. */
  seen(): Promise<number[]>;
  close(): Promise<void>;
}

/** Listens beside the holder of a key. */
export async function watchStamps(relays: readonly string[], secretKey: Uint8Array): Promise<Stamps> {
  const sockets = await Promise.all(relays.map((relay) => RawSocket.open(relay)));
  const filter = { kinds: [MESSAGE_KIND, 1_059, 21_059], '#p': [getPublicKey(secretKey)] };
  await Promise.all(sockets.map((socket) => socket.watch(filter)));
  const signer = secretKeySigner(secretKey);
  return {
    seen: async () => {
      const items = sockets.flatMap(({ events }) => events.items);
      const wraps = items.filter(({ kind }) => kind !== MESSAGE_KIND);
      const inner = await Promise.all(wraps.map((wrap) => unwrapEvent(wrap, signer)));
      return [...items, ...inner].map((event) => event.created_at);
    },
    close: async () => void (await Promise.all(sockets.map((socket) => socket.close()))),
  };
}
