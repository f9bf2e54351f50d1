import { type EventTemplate, GRANT_KIND } from '@mcp-nostr/core';
import { type Relay, startRelay } from '@mcp-nostr/relay';
import { onTestFinished } from 'vitest';

import { freePort } from '../helpers/free-ports.ts';

/** A test that waited for one of the usual ones would run into its time limit. */
export const timing = {
  resendMs: 600_000,
  absentRetryMs: 600_000,
  leastResendMs: 600_000,
  requestTimeoutMs: 600_000,
  knownTimeoutMs: 600_000,
  switchTimeoutMs: 600_000,
  switchedTimeoutMs: 600_000,
};

/** For a signer or a relay that comes back. */
export const impatient = { ...timing, absentRetryMs: 50, leastResendMs: 50 };

/** By default on a port that stays free while it is away. */
export async function openRelay(port?: number): Promise<Relay> {
  const relay = await startRelay({ port: port ?? (await freePort()) });
  onTestFinished(() => relay.close());
  return relay;
}

/** It is closed with the test. */
export function closing<T extends { close: () => void }>(open: T): T {
  onTestFinished(() => open.close());
  return open;
}

/** What a session asks its identity for, as far as a signer looks. */
export function grant(content = 'a grant'): EventTemplate {
  return { kind: GRANT_KIND, created_at: Math.floor(Date.now() / 1000), tags: [['p', 'x']], content };
}
