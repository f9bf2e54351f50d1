import type { Signer } from '@mcp-nostr/core';

import type { RelayTiming } from './relay-timing.ts';

export interface RelayState {
  url: string;
  /** `waiting`: the last attempt failed, for `reason`, and another follows by itself. */
  status: 'connecting' | 'ready' | 'waiting' | 'closed';
  reason?: string;
  /** From the request for our subscriptions to the answer that they are live. */
  latencyMs?: number;
}

export interface RelayConnectionOptions {
  /** Answers a relay's demand for AUTH (NIP-42); without it such a relay cannot be used. */
  signer?: Signer | undefined;
  /** Called after the change, in order: what it does or throws is no concern of the connection's. */
  onstate?: ((state: RelayState) => void) | undefined;
  onnotice?: ((relay: string, text: string) => void) | undefined;
  /** Milliseconds since 1970. @default Date.now */
  now?: (() => number) | undefined;
  /** From 0 to 1, for the waits between attempts. @default Math.random */
  random?: (() => number) | undefined;
  /** Waits that differ from the usual ones. */
  timing?: Partial<RelayTiming> | undefined;
}
