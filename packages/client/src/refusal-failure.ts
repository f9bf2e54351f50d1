import type { FailureCode } from '@mcp-nostr/core';

/** What a server says to whoever brings a revocation. */
export const REVOKED = 'revoked';

export interface Refusal {
  code: FailureCode;
  reason: string;
  /** For programs. */
  data?: Record<string, unknown>;
}

/** Why a server did not open a connection (WIRE.md, section 5), as its client's user reads it. */
export function refusalFailure(detail: string, server: string): Refusal {
  const [code = '', count = ''] = detail.split(' ', 2);
  switch (code) {
    case 'rate_limited':
      return rateLimited(server, count);
    case 'not_allowed':
      return { code, reason: `${server} does not serve this key; ask its operator to allow it` };
    case 'invite_required':
      return {
        code,
        reason: `${server} serves those whom its operator has invited or allowed; ask for an invite`,
      };
    case 'invite_expired':
      return {
        code,
        reason: `the invite is used up, too old, or not one of ${server}; ask its operator for another`,
      };
    case 'grant_expired':
      return {
        code,
        reason: `${server} does not take the grant of this session: it has ended, was revoked, or is not for this server`,
      };
    case 'revoked':
      return { code: 'grant_expired', reason: REVOKED };
    case 'busy':
      return { code, reason: `${server} has no room for another connection now; try again later` };
    case 'clock':
      return {
        code: 'not_allowed',
        reason: `${server} refused the connection: its clock and that of this computer differ too much; set the wrong one`,
      };
    default:
      return { code: 'not_allowed', reason: `${server} refused the connection: ${detail}` };
  }
}

/** `count`: of milliseconds, if the server says so. */
function rateLimited(server: string, count: string): Refusal {
  const retryAfterMs = /^\d{1,15}$/u.test(count) ? Number(count) : undefined;
  const when = retryAfterMs === undefined ? 'later' : `in ${Math.ceil(retryAfterMs / 1000)} s`;
  return {
    code: 'rate_limited',
    reason: `this key has used up what it may use of ${server}; try again ${when}`,
    ...(retryAfterMs !== undefined && { data: { retryAfterMs } }),
  };
}
