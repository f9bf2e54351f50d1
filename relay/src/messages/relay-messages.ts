/** The machine-readable words of OK and CLOSED (NIP-01, NIP-42), and `unsupported` as NIP-01 uses it. */
type Prefix =
  | 'duplicate'
  | 'pow'
  | 'blocked'
  | 'rate-limited'
  | 'invalid'
  | 'restricted'
  | 'mute'
  | 'error'
  | 'auth-required'
  | 'unsupported';

/** Clients compare the word with its colon and space: the type leaves no other way to write one. */
export type Reason = `${Prefix}: ${string}`;

/** NIP-01: always four elements, and on `false` a reason. */
export function ok(id: string, accepted: boolean, message: Reason | ''): string {
  return JSON.stringify(['OK', id, accepted, message]);
}

export function closed(subscriptionId: string, reason: Reason): string {
  return JSON.stringify(['CLOSED', subscriptionId, reason]);
}

export function eose(subscriptionId: string): string {
  return JSON.stringify(['EOSE', subscriptionId]);
}

export function notice(reason: Reason): string {
  return JSON.stringify(['NOTICE', reason]);
}

export function rateLimited(waitMs: number): Reason {
  return `rate-limited: slow down, retry in ${Math.ceil(waitMs / 1000)} s`;
}
