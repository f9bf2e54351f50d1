import {
  generateSecretKey,
  getPublicKey,
  type GrantLimits,
  grantTemplate,
  type NostrEvent,
  parseAddress,
  parseEvent,
  type EventTemplate,
  type Signer,
  verifyEvent,
} from '@mcp-nostr/core';
import { asSignerError, boundedSigner, TransportError } from '@mcp-nostr/transport';

import { limits } from './limits.ts';

/** A key that an identity lets speak for it at one server. Whoever has it can do so: it is kept as a secret. */
export interface Session {
  /** 32 bytes. */
  secretKey: Uint8Array;
  /** What the identity has signed. */
  grant: NostrEvent;
  /** Seconds. */
  expiresAt: number;
}

export interface CreateSessionOptions extends GrantLimits {
  /** At most 30 days. @default 86,400 */
  expiresInSeconds?: number | undefined;
  /** The session key, where there is one. @default a new one */
  secretKey?: Uint8Array | undefined;
  /** Milliseconds since 1970. @default Date.now */
  now?: (() => number) | undefined;
}

/**
 * Asks the signer once, to sign that a session key may call this server in its name.
 * @throws {TransportError} `signer_failed` with the signer's words
 * @throws {AddressError} for an address that cannot be read
 * @throws {DecodeError} `bad_grant` for limits or a time that no server takes
 */
export async function createSession(
  signer: Signer,
  server: string,
  options: CreateSessionOptions = {},
): Promise<Session> {
  const { expiresInSeconds = limits.sessionSeconds, now = Date.now, secretKey, ...bounds } = options;
  const key = Uint8Array.from(secretKey ?? generateSecretKey());
  const grantedAt = Math.floor(now() / 1000);
  const expiresAt = grantedAt + expiresInSeconds;
  const { pubkey } = parseAddress(server);
  const template = grantTemplate({
    ...bounds,
    server: pubkey,
    session: getPublicKey(key),
    grantedAt,
    expiresAt,
  });
  return { secretKey: key, grant: await signPaper(signer, template), expiresAt };
}

/** @throws {TransportError} `signer_failed` */
export async function signPaper(signer: Signer, template: EventTemplate): Promise<NostrEvent> {
  try {
    const event = parseEvent(await boundedSigner(signer).signEvent(template));
    const isAsked =
      event.kind === template.kind && JSON.stringify(event.tags) === JSON.stringify(template.tags);
    if (isAsked && verifyEvent(event)) return event;
  } catch (error) {
    throw asSignerError(error);
  }
  throw new TransportError('signer_failed', 'the signer has signed something else than it was asked for');
}
