import { MESSAGE_KIND, type NostrEvent } from '@mcp-nostr/core';
import type { Filter } from '@mcp-nostr/transport';
import { onTestFinished } from 'vitest';

import { FaultRelay, type FaultRelayOptions } from './fault-relay.ts';
import type { Faults } from './faults.ts';
import { event, signer } from './one-relay.ts';
import { RawSocket } from './raw-socket.ts';

/** What `event()` makes. */
export const ours: Filter = { kinds: [MESSAGE_KIND], '#p': [await signer.getPublicKey()] };

/** A faulty relay with someone who reads and someone who publishes. */
export interface FaultSetting {
  relay: FaultRelay;
  reader: RawSocket;
  publisher: RawSocket;
  /** Resolves with what has reached the reader, each as its place in the list or `other`, at the end of the faults. */
  received: (published: NostrEvent[]) => Promise<(number | 'other')[]>;
}

/** A connection that closes with the test. */
export async function socketAt(relay: FaultRelay): Promise<RawSocket> {
  const socket = await RawSocket.open(relay.url);
  onTestFinished(() => socket.close());
  return socket;
}

/** The faults begin when both are there. */
export async function openFaulty(
  faults: Partial<Faults>,
  options: FaultRelayOptions = {},
): Promise<FaultSetting> {
  const relay = await FaultRelay.open(options);
  onTestFinished(() => relay.close());
  const reader = await socketAt(relay);
  await reader.watch(ours);
  const publisher = await socketAt(relay);
  relay.set(faults);
  const received = async (published: NostrEvent[]): Promise<(number | 'other')[]> => {
    relay.calm();
    // What is delivered at once has come before this.
    const fence = event();
    await publisher.publish(fence);
    await reader.events.first(({ id }) => id === fence.id);
    return reader.events.items
      .filter(({ id }) => id !== fence.id)
      .map((each) => {
        const index = published.findIndex(({ id }) => id === each.id);
        return index >= 0 && each.content === published[index]?.content ? index : 'other';
      });
  };
  return { relay, reader, publisher, received };
}

export function events(count: number): NostrEvent[] {
  return Array.from({ length: count }, () => event());
}
