import { limits } from './limits.ts';

/** The waits of a relay connection, in milliseconds; their reasons are in `limits.ts`. */
export interface RelayTiming {
  idlePingMs: number;
  pongTimeoutMs: number;
  eoseTimeoutMs: number;
  authTimeoutMs: number;
  okTimeoutMs: number;
  publishTimeoutMs: number;
}

/** The usual waits, with what was given in their place. */
export function relayTiming(given: Partial<RelayTiming> = {}): RelayTiming {
  return { ...limits, ...given };
}
