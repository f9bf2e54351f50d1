import type { JsonRpcMessage, RequestId } from '@mcp-nostr/core';
import type { Channel } from '@mcp-nostr/transport';

import type { Caller } from './caller.ts';
import type { KeyUsage } from './key-usage.ts';
import type { Authorize } from './message-check.ts';
import type { Permission } from './policy.ts';
import type { RequestSummary } from './requests.ts';

/** Where the MCP server knows requests by other ids than the client does. */
export interface Naming {
  /** The message as the client knows its requests. */
  toClient(message: JsonRpcMessage): JsonRpcMessage;
  /** The request that a notification names in its own way. */
  requestOf(message: JsonRpcMessage): RequestId | undefined;
}

export interface NostrServerTransportOptions {
  caller: Caller;
  permission: Permission;
  /** What its key has used, where that is bounded. */
  usage?: KeyUsage | undefined;
  authorize?: Authorize | undefined;
  injectIdentity?: boolean | undefined;
  /** Names of tools that follow a common schema. */
  commonSchemas?: ReadonlySet<string> | undefined;
  /** The way to the client. */
  link: Channel;
  naming?: Naming | undefined;
  /** The link has something to send. */
  onsend: () => void;
  onrequest: (summary: RequestSummary) => void;
  onerror: (error: Error) => void;
  /** More waits, for the client or from it, than a connection may keep. */
  onoverflow: () => void;
  /** `close()` was called, by the MCP server or by us. */
  onclosed: () => void;
}
