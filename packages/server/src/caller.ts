import type { Applicant, GrantedSession, Permission } from './policy.ts';

/** `legacy` is MCP 2025-11-25 and earlier, with `initialize`; `modern` is MCP 2026-07-28 and later. */
export type Era = 'legacy' | 'modern';

/** Who is at the other end of a connection, as the verified signature says. */
export interface Caller {
  /** Whose rights it has: the author of its frames, or the identity behind it; 64 lower-case hex characters. */
  pubkey: string;
  npub: string;
  /** The key that the identity lets speak for it, and signs its frames. A new grant for the key replaces it. */
  session?: GrantedSession | undefined;
  /** 32 lower-case hex characters; one key may have several connections. */
  connectionId: string;
  /** Which era the MCP server is made for; absent without `serveStdio`. */
  era?: Era | undefined;
}

/**
 * What reaches a tool's handler as `extra.authInfo` (SDK 1.x) or `ctx.http.authInfo` (2.x): the caller's verified key,
 * never what it says of itself. `clientId` is the public key in hex; `extra` has `npub` and `connectionId`.
 */
export interface CallerAuthInfo {
  token: string;
  clientId: string;
  scopes: string[];
  extra?: Record<string, unknown> | undefined;
}

/** Who it was when it was let in. */
export function applicantOf({ pubkey, session }: Caller): Applicant {
  return { pubkey, session };
}

export function authInfoOf(
  { pubkey, npub, connectionId }: Caller,
  { scopes = [] }: Pick<Permission, 'scopes'> = {},
): CallerAuthInfo {
  return { token: '', clientId: pubkey, scopes: [...scopes], extra: { npub, connectionId } };
}
