const SAID_BY_SERVER: ReadonlySet<string> = new Set([
  'not_allowed',
  'busy',
  'rate_limited',
  'invite_required',
  'invite_expired',
  'grant_expired',
  'server_moved',
  'server_failed',
  'payment_required',
  'wrong_clock',
  'encryption_required',
]);

/** Whether a failure of this code is an answer of the server; with the others nobody was heard. */
export function isSaidByServer(code: string): boolean {
  return SAID_BY_SERVER.has(code);
}
