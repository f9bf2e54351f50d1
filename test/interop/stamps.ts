import { getPublicKey, MESSAGE_KIND, secretKeySigner, unwrapEvent } from '@mcp-nostr/core';

import { RawSocket } from '../helpers/raw-socket.ts';

export interface Stamps {
  /** The time stamps of all that reached this key, the gift wraps' and their contents', in seconds. */
  seen(): Promise<number[]>;
  close(): Promise<void>;
}

/** Listens beside the holder of a key. */
export async function watchStamps(relay: string, secretKey: Uint8Array): Promise<Stamps> {
  const socket = await RawSocket.open(relay);
  await socket.watch({ kinds: [MESSAGE_KIND, 1_059, 21_059], '#p': [getPublicKey(secretKey)] });
  const signer = secretKeySigner(secretKey);
  return {
    seen: async () => {
      const { items } = socket.events;
      const wraps = items.filter(({ kind }) => kind !== MESSAGE_KIND);
      const inner = await Promise.all(wraps.map((wrap) => unwrapEvent(wrap, signer)));
      return [...items, ...inner].map((event) => event.created_at);
    },
    close: () => socket.close(),
  };
}
