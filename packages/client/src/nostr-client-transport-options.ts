import type { Signer } from '@mcp-nostr/core';
import type { Announcement } from '@mcp-nostr/core/contextvm';
import type { RelayState } from '@mcp-nostr/transport';

import type { PaymentOptions } from './contextvm/payment-options.ts';
import type { Session } from './create-session.ts';

export interface NostrClientTransportOptions {
  /** The server: nprofile, npub or hex, with or without `nostr:`. */
  server: string;
  /** Who calls. @default a throw-away key */
  signer?: Signer | undefined;
  /**
   * `session`: the signer is asked once, and lets a session key carry the traffic; `signer`: it signs and decrypts each
   * frame. @default 'signer' for what `secretKeySigner` has made, 'session' for others
   */
  identity?: 'session' | 'signer' | undefined;
  /**
   * A session that was granted before (`createSession`, `onsession`), or where one may be kept; the signer is asked when it
   * ends and no later one is kept.
   */
  session?: Session | (() => Session | undefined) | undefined;
  /** How long a session lasts that the signer is asked for. @default 86,400 */
  sessionSeconds?: number | undefined;
  /** The signer has granted a session: with it another transport, or another process, need not ask. */
  onsession?: ((session: Session) => void) | undefined;
  /** What the server's operator has given to be let in with; shown until the server has answered. */
  invite?: string | undefined;
  /**
   * What the server has announced (`discoverServers`, `announcementOf`): spares the round trips of finding out what it
   * speaks. One of another key says nothing.
   */
  announcement?: Announcement | undefined;
  /** Used instead of the relays of the address. */
  relays?: readonly string[] | undefined;
  /** Where the relay list of a bare key is looked up. @default a few public relays */
  lookupRelays?: readonly string[] | undefined;
  /** `none` sends and takes plain text; there is no fall-back between the two. @default 'required' */
  encryption?: 'required' | 'none' | undefined;
  /** Who pays what ContextVM servers ask for; without it such requests fail with `payment_required`. */
  payments?: PaymentOptions | undefined;
  /** A relay's connection changed. */
  onrelay?: ((state: RelayState) => void) | undefined;
  /** Milliseconds since 1970. @default Date.now */
  now?: (() => number) | undefined;
}
