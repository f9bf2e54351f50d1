export type { Caller, CallerAuthInfo, Era } from './caller.ts';
export type { McpServerFactory, McpServerLike, ServeStdio } from './mcp-server.ts';
export { NostrServerTransport } from './nostr-server-transport.ts';
export type { Access, Applicant, Denial, DenialCode, Permission, Policy } from './policy.ts';
export type { RequestOutcome } from './requests.ts';
export { type NostrServer, type RequestReport, serve, type ServeOptions } from './serve.ts';
