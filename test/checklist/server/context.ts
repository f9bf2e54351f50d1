import type { RequestId } from '@mcp-nostr/core';
import type { Caller } from '@mcp-nostr/server';

import type { Era } from '../requirement.ts';

export type Params = Record<string, unknown>;
export type Result = Record<string, unknown>;

/** What a handler of either SDK has. */
export interface Context {
  readonly caller: Caller;
  readonly era: Era;
  readonly id: RequestId;
  readonly meta: Params;
  readonly signal: AbortSignal;
  readonly sessionId: string | undefined;
  /** As the SDK hands it over. */
  readonly authInfo: { clientId: string; scopes: string[] } | undefined;
  /** Multi round-trip: what the client brings along. */
  readonly inputResponses: Params | undefined;
  readonly requestState: string | undefined;
  /** On behalf of this request. */
  notify: (method: string, params: Params) => Promise<void>;
  ask: (method: string, params: Params) => Promise<Result>;
  log: (level: string, data: unknown) => Promise<void>;
  /** The SDK's error for the wire. */
  error: (code: number, message: string, data?: unknown) => Error;
}

/** Handles the requests of one method. */
export type Handler = (params: Params, context: Context) => Result | Promise<Result>;
export type Handlers = Readonly<Record<string, Handler>>;
