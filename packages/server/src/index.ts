export type { Access } from './access.ts';
export type { Caller } from './caller.ts';
export { type CallerAuthInfo, NostrServerTransport } from './nostr-server-transport.ts';
export type { RequestOutcome } from './requests.ts';
export { type NostrServer, type RequestReport, serve, type ServeOptions } from './serve.ts';
export type { McpServerFactory, McpServerLike } from './server-connection.ts';
