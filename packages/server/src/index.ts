export { AccessBook, type AccessBookJson, type AllowOptions, type InviteOptions } from './access-book.ts';
export { AccessBookError, type AccessBookErrorCode } from './access-book-error.ts';
export type { AllowedKey, DeniedKey, Invite } from './access-entries.ts';
export { accessPolicy, type AccessPolicyOptions } from './access-policy.ts';
export type { AccessRules } from './access-rules.ts';
export type { Caller, CallerAuthInfo, Era } from './caller.ts';
export type { Announced, AnnounceOptions } from './contextvm/announce-options.ts';
export type { SeenIds } from './contextvm/seen-ids.ts';
export {
  type HandlerContext,
  openStream,
  type OpenStreamOptions,
  type OutgoingStream,
} from './contextvm/open-stream.ts';
export { unannounce, type Unannounced, type UnannounceOptions } from './contextvm/unannounce.ts';
export type { Authorize } from './message-check.ts';
export type { McpServerFactory, McpServerLike, ServeStdio } from './mcp-server.ts';
export { NostrServerTransport } from './nostr-server-transport.ts';
export type {
  Access,
  Applicant,
  Denial,
  DenialCode,
  GrantedSession,
  Permission,
  Policy,
  Revocation,
} from './policy.ts';
export type { Predecessor } from './predecessor.ts';
export type { RequestOutcome } from './requests.ts';
export { serve } from './serve.ts';
export type { NostrServer, Refusal, RequestReport, ServeOptions } from './serve-options.ts';
