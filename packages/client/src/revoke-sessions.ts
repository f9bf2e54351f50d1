import {
  generateSecretKey,
  isFailureCode,
  type JsonRpcMessage,
  parseAddress,
  revocationTemplate,
  type Signer,
} from '@mcp-nostr/core';
import { TransportError } from '@mcp-nostr/transport';

import { signPaper } from './create-session.ts';
import { NostrClientTransport } from './nostr-client-transport.ts';
import type { NostrClientTransportOptions } from './nostr-client-transport-options.ts';
import { REVOKED } from './refusal-failure.ts';

export interface RevokeSessionsOptions extends Pick<
  NostrClientTransportOptions,
  'relays' | 'lookupRelays' | 'encryption' | 'now'
> {
  /** The public key of one session. @default all that this identity has granted until now */
  session?: string | undefined;
}

/**
 * Asks the signer once, and tells the server that what it has granted counts no longer. Resolves when the server has
 * taken that.
 * @throws {TransportError} `signer_failed`, `server_silent` and the other failures of the way
 */
export async function revokeSessions(
  signer: Signer,
  server: string,
  options: RevokeSessionsOptions = {},
): Promise<void> {
  const { session, ...way } = options;
  const { pubkey } = parseAddress(server);
  const before = Math.floor((way.now ?? Date.now)() / 1000);
  const grant = await signPaper(signer, revocationTemplate({ server: pubkey, session, before }));
  // Any key may bring it: this one is shown once.
  const bearer = { secretKey: generateSecretKey(), grant, expiresAt: Infinity };
  const transport = new NostrClientTransport({ ...way, server, session: bearer });
  try {
    await transport.start();
    const answered = new Promise<JsonRpcMessage>((resolve) => (transport.onmessage = resolve));
    await transport.send({ jsonrpc: '2.0', id: 0, method: 'ping' });
    check(await answered);
  } finally {
    await transport.close();
  }
}

function check(answer: JsonRpcMessage): void {
  if (!('error' in answer)) throw new TransportError('not_allowed', 'the server knows no revocations');
  const { message, data } = answer.error;
  if (message === REVOKED) return;
  const code = typeof data === 'object' && data !== null && 'code' in data ? data.code : undefined;
  const known = typeof code === 'string' && isFailureCode(code) ? code : 'not_allowed';
  throw new TransportError(known, message);
}
