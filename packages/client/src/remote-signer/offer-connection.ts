import {
  generateSecretKey,
  getPublicKey,
  limits as wire,
  type NostrEvent,
  randomHex,
  secretKeySigner,
  tagValue,
} from '@mcp-nostr/core';
import { RelayPool, type RelayState, TransportError } from '@mcp-nostr/transport';

import { usableRelays } from './bunker-address.ts';
import { type ConnectBunkerOptions, introduce } from './connect-bunker.ts';
import { limits, remoteTiming } from './limits.ts';
import { grantPermissions } from './permissions.ts';
import { RemoteChannel } from './remote-channel.ts';
import { parseRemoteAnswer, REMOTE_SIGNING_KIND } from './remote-message.ts';
import type { RemoteSigner } from './remote-signer.ts';

export interface OfferConnectionOptions extends ConnectBunkerOptions {
  /** Where the signer answers, and is asked for the rest until it names others. */
  relays: readonly string[];
  /** What the signer shows to its owner. */
  name: string;
  url?: string | undefined;
}

/** An offer that a remote signer takes up. */
export interface ConnectionOffer {
  /** `nostrconnect://…`, to be shown as a QR code or pasted. It holds a secret that works once. */
  uri: string;
  /** Rejects with `signer_failed` (`TransportError`) when nobody takes it up in time; `closed`. */
  signer: Promise<RemoteSigner>;
  close(): void;
}

/**
 * Offers a remote signer to connect (NIP-46, `nostrconnect://`).
 * @throws {TransportError} `no_relays`
 */
export function offerConnection(options: OfferConnectionOptions): ConnectionOffer {
  const { clientKey = generateSecretKey(), permissions = grantPermissions, name, url } = options;
  const relays = usableRelays(options.relays);
  const secret = randomHex(16);
  const query = new URLSearchParams(relays.map((relay) => ['relay', relay]));
  query.set('secret', secret);
  query.set('perms', permissions.join(','));
  query.set('name', name);
  if (url !== undefined) query.set('url', url);

  const aborter = new AbortController();
  const signal = AbortSignal.any([aborter.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const timing = remoteTiming(options.timing);
  const found = findSigner({
    ...options,
    clientKey,
    relays,
    secret,
    signal,
    timeoutMs: timing.offerTimeoutMs,
  });
  const signer = found.then((remote) => {
    const channel = new RemoteChannel({ ...options, timing, clientKey, remote, relays });
    return introduce(channel, { clientKey, remote }, signal, async () => timing);
  });
  // Whoever closes the offer need not wait for it.
  signer.catch(() => undefined);
  // `+` for a space is not read by every program.
  const text = query.toString().replaceAll('+', '%20');
  return {
    uri: `nostrconnect://${getPublicKey(clientKey)}?${text}`,
    signer,
    close: () => aborter.abort(),
  };
}

interface Search {
  clientKey: Uint8Array;
  relays: string[];
  secret: string;
  signal: AbortSignal;
  timeoutMs: number;
  onrelay?: ((state: RelayState) => void) | undefined;
}

/** The key of the first signer that shows that it has read the secret. */
async function findSigner({
  clientKey,
  relays,
  secret,
  signal,
  timeoutMs,
  onrelay,
}: Search): Promise<string> {
  const client = secretKeySigner(clientKey);
  const pubkey = getPublicKey(clientKey);
  const pool = new RelayPool({ relays, signer: client, onstate: onrelay });
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise<string>((resolve, reject) => {
      const fail = (reason: string): void => reject(new TransportError('signer_failed', reason));
      const giveUp = (): void => reject(new TransportError('closed', 'the offer was closed'));
      signal.addEventListener('abort', giveUp, { once: true });
      if (signal.aborted) giveUp();
      const late = `no remote signer took the offer up within ${timeoutMs / 1000} s`;
      timer = setTimeout(() => fail(late), timeoutMs);

      let answers = 0;
      const receive = async (event: NostrEvent): Promise<void> => {
        if (event.kind !== REMOTE_SIGNING_KIND || tagValue(event, 'p') !== pubkey) return;
        if (++answers > limits.maxOfferAnswers)
          return fail('strangers keep answering the offer: make another');
        try {
          const plaintext = await client.nip44?.decrypt(event.pubkey, event.content);
          const answer = parseRemoteAnswer(plaintext ?? '');
          if (answer?.sort === 'result' && answer.result === secret) resolve(event.pubkey);
        } catch {
          // a stranger's
        }
      };
      const since = Math.floor(Date.now() / 1000) - wire.subscriptionLookbackSeconds;
      pool.subscribe(
        () => [{ kinds: [REMOTE_SIGNING_KIND], '#p': [pubkey], since }],
        (event) => void receive(event), // it never rejects
      );
    });
  } finally {
    clearTimeout(timer);
    pool.close();
  }
}
