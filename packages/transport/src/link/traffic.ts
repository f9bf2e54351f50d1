import type { Frame, NostrEvent } from '@mcp-nostr/core';

import type { Link } from './link.ts';
import type { SentFrame } from './unacknowledged.ts';

export type LinkRole = 'client' | 'server';

/** What is waited for beside acknowledgements: answers of the peer, or news by it. */
export type Expectation = 'nothing' | 'answers' | 'news';

/** What a frame's arrival says beside the frame. */
export interface Arrival {
  /** The inner event. */
  id: string;
  /** Seconds. */
  createdAt: number;
  bytes: number;
}

export interface ReceivedMessage {
  text: string;
  /** The JSON of the id of the request that it belongs to. */
  relation: string | undefined;
  /** The event that brought it, or its last part. */
  event: string;
}

export interface LinkEnd {
  /**
   * `silent`: the peer was not heard. `unreachable`: no relay was. `refused`: every relay refused a frame.
   * `violation`: the peer broke the rules. `bye`: the peer ended it. `signer`: our opening could not be signed.
   */
  code: 'silent' | 'unreachable' | 'refused' | 'violation' | 'bye' | 'signer';
  reason: string;
  cause?: unknown;
}

/** What is to leave: a frame to be signed, or a signed one once more. */
export interface Outgoing {
  readonly from: Link;
  readonly frame?: Frame;
  /** Seconds; the peer's newest time: its subscription may begin there, and relays apply `since` to live events. */
  readonly notBefore: number;
  readonly event?: NostrEvent;
  readonly sent?: SentFrame | undefined;
  /** Something may be lost on the usual way. */
  readonly toAll: boolean;
}

/** Whether a message that was not acknowledged can have been executed. */
export type Fate = 'unsent' | 'untaken' | 'unknown';
