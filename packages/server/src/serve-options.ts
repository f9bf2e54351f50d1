import type { Signer } from '@mcp-nostr/core';
import type { Encryption, RelayState } from '@mcp-nostr/transport';

import type { Caller } from './caller.ts';
import type { Announced, AnnounceOptions } from './contextvm/announce-options.ts';
import type { SeenIds } from './contextvm/seen-ids.ts';
import type { McpServerLike, ServeStdio } from './mcp-server.ts';
import type { Authorize } from './message-check.ts';
import type { Access, Applicant } from './policy.ts';
import type { Predecessor } from './predecessor.ts';
import type { RequestSummary } from './requests.ts';

/** One request, answered or not. */
export interface RequestReport extends RequestSummary {
  caller: Caller;
}

/** Somebody who was not let in. */
export interface Refusal {
  applicant: Applicant;
  /** `not_allowed`, `invite_required`, `busy` and so on. */
  code: string;
}

export interface ServeOptions<Mcp extends McpServerLike = McpServerLike> {
  /** The server's identity. */
  signer: Signer;
  /** Where it listens: ws:// or wss:// URLs. */
  relays: readonly string[];
  /** Who may call; there is no default, so that nothing is open by accident. */
  allow: Access;
  /** Asked about each message that the policy and its bounds let through; it may take its time. */
  authorize?: Authorize | undefined;
  /**
   * What strangers can take of connections, rates and bytes, from 0 to 1; the rest is for known keys.
   * @default 0.75; 1 with `'public'`, where nobody is known
   */
  strangersShare?: number | undefined;
  /** Whether keys that may not connect are told so, and why, or hear nothing. @default 'answer' */
  refusals?: 'answer' | 'silent' | undefined;
  /** Keys that the server had before: whoever may call is told there which key it has now. @default none */
  predecessors?: readonly Predecessor[] | undefined;
  /** `optional` also takes connections in plain text, `none` only those. @default 'required' */
  encryption?: Encryption | undefined;
  /**
   * `serveStdio` of `@modelcontextprotocol/server/stdio` (SDK 2.x): each connection is served in the era in which its
   * client begins. Without it what the factory makes speaks MCP 2025-11-25 and earlier only.
   */
  serveStdio?: ServeStdio<Mcp> | undefined;
  /** @default 100 */
  maxConnections?: number | undefined;
  /** `false`: clients of ContextVM are not served, as if they were not heard. */
  contextvm?: false | undefined;
  /** What was executed for clients of ContextVM before this process. @default forgotten with the process */
  seen?: SeenIds | undefined;
  /**
   * What strangers may use is announced to everybody, for as long as this runs and after, until `unannounce()`; where
   * strangers may not call, nothing is. @default not announced
   */
  announce?: AnnounceOptions | undefined;
  /** A relay has taken what is announced. */
  onannounced?: ((announced: Announced) => void) | undefined;
  /** A relay's connection changed. */
  onrelay?: ((state: RelayState) => void) | undefined;
  /** A request was answered, refused or cancelled. */
  onrequest?: ((report: RequestReport) => void) | undefined;
  /**
   * Each request says in `params._meta` who calls: `clientPubkey`, and the `requestEventId` that proves it (CEP-16). For
   * a server behind a gateway; handlers here have `authInfo`. What a client puts there itself is always taken out.
   * @default false
   */
  injectIdentity?: boolean | undefined;
  /**
   * Tools that others offer with the same schema: their list says so, with its hash, and an announcement is found by it
   * (CEP-15). @default none
   */
  commonSchemas?: readonly string[] | undefined;
  /** Reports have the `params` of their requests, in which callers may have written secrets. @default false */
  reportParams?: boolean | undefined;
  /** A connection was refused. Strangers can bring this about as often as they like. */
  onrefused?: ((refusal: Refusal) => void) | undefined;
  /** What went wrong without ending anything. */
  onerror?: ((error: Error) => void) | undefined;
  /** Milliseconds since 1970. @default Date.now */
  now?: (() => number) | undefined;
}

export interface NostrServer<Mcp extends McpServerLike = McpServerLike> {
  readonly pubkey: string;
  readonly npub: string;
  /** The nprofile to share: key and relays. */
  readonly address: string;
  readonly relays: RelayState[];
  /** Open connections. */
  readonly connections: number;
  /** The MCP servers of all connections, for what concerns every client: `mcp.sendToolListChanged()`. */
  readonly servers: Mcp[];
  /** Says goodbye to every client and frees everything; resolves when the MCP servers have ended, or after 11 s. */
  close(): Promise<void>;
}
