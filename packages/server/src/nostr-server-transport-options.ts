import type { Channel } from '@mcp-nostr/transport';

import type { Caller } from './caller.ts';
import type { KeyUsage } from './key-usage.ts';
import type { Authorize } from './message-check.ts';
import type { Permission } from './policy.ts';
import type { RequestSummary } from './requests.ts';

export interface NostrServerTransportOptions {
  caller: Caller;
  permission: Permission;
  /** What its key has used, where that is bounded. */
  usage?: KeyUsage | undefined;
  authorize?: Authorize | undefined;
  injectIdentity?: boolean | undefined;
  /** The way to the client. */
  link: Channel;
  /** The link has something to send. */
  onsend: () => void;
  onrequest: (summary: RequestSummary) => void;
  onerror: (error: Error) => void;
  /** More waits, for the client or from it, than a connection may keep. */
  onoverflow: () => void;
  /** `close()` was called, by the MCP server or by us. */
  onclosed: () => void;
}
