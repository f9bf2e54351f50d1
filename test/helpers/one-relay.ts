import {
  generateSecretKey,
  MESSAGE_KIND,
  type NostrEvent,
  secretKeySigner,
  signEvent,
  type Signer,
} from '@mcp-nostr/core';
import { RelayPool, type RelayPoolOptions, type RelayState } from '@mcp-nostr/transport';
import { onTestFinished } from 'vitest';

import { endless } from './relay-pool.ts';

const key = generateSecretKey();
/** Who the connections of a test belong to. */
export const signer: Signer = secretKeySigner(key);
const me = await signer.getPublicKey();
let made = 0;

/** A signed event to that key; each is another one. */
export function event(): NostrEvent {
  const createdAt = Math.floor(Date.now() / 1000);
  return signEvent(
    { kind: MESSAGE_KIND, created_at: createdAt, tags: [['p', me]], content: `${++made}` },
    key,
  );
}

/** A connection (a pool of one) that closes with the test, subscribed, and what its states were. */
export function connect(relay: { url: string }, options: Partial<RelayPoolOptions> = {}) {
  const states: RelayState[] = [];
  const received: NostrEvent[] = [];
  let changed: () => void = () => {};
  const change = (): void => {
    const resolve = changed;
    changed = () => {};
    resolve();
  };
  const pool = new RelayPool({
    relays: [relay.url],
    timing: endless,
    // A hundredth of every wait, so that a test with many attempts is soon over.
    random: () => 0.01,
    ...options,
    onstate: (state) => {
      states.push(state);
      options.onstate?.(state);
      change();
    },
  });
  onTestFinished(() => pool.close());
  pool.subscribe(
    () => [{ kinds: [MESSAGE_KIND], '#p': [me] }],
    (each) => {
      received.push(each);
      change();
    },
  );
  const until = async (isReached: () => boolean): Promise<void> => {
    while (!isReached()) {
      await new Promise<void>((resolve) => {
        changed = resolve;
      });
    }
  };
  const reach = async (status: RelayState['status'], count = 1): Promise<RelayState | undefined> => {
    await until(() => states.filter((each) => each.status === status).length >= count);
    return states.filter((each) => each.status === status)[count - 1];
  };
  return { pool, states, received, until, reach };
}
