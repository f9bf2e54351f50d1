import { generateSecretKey, isHex32 } from '@mcp-nostr/core';
import { type RelayState, TransportError } from '@mcp-nostr/transport';

import { parseBunkerAddress, usableRelays } from './bunker-address.ts';
import { remoteTiming, type RemoteTiming } from './limits.ts';
import { grantPermissions } from './permissions.ts';
import { RemoteChannel } from './remote-channel.ts';
import { RemoteSigner, type RemoteSignerRecord } from './remote-signer.ts';

export interface RemoteSignerOptions {
  /**
   * Shows the page on which the signer wants a person to approve (always https). Without it such a request fails.
   */
  onauthurl?: ((url: string) => void) | undefined;
  /** The connection to a relay of the signer changed. */
  onrelay?: ((state: RelayState) => void) | undefined;
  /** Waits that differ from the usual ones. */
  timing?: Partial<RemoteTiming> | undefined;
}

export interface ConnectBunkerOptions extends RemoteSignerOptions {
  /** The key that the signer is to know us by. @default a new one */
  clientKey?: Uint8Array | undefined;
  /** What the signer is asked to allow without asking its owner each time. @default {@link grantPermissions} */
  permissions?: readonly string[] | undefined;
  /** Gives up. */
  signal?: AbortSignal | undefined;
}

/**
 * Connects to the remote signer of a `bunker://` address (NIP-46).
 * @throws {AddressError} `bad_address`
 * @throws {TransportError} `signer_failed` with the signer's words, or when it stays silent; `closed`
 */
export async function connectBunker(text: string, options: ConnectBunkerOptions = {}): Promise<RemoteSigner> {
  const { remote, relays, secret = '' } = parseBunkerAddress(text);
  const { clientKey = generateSecretKey(), permissions = grantPermissions } = options;
  const timing = remoteTiming(options.timing);
  const channel = new RemoteChannel({ ...options, timing, clientKey, remote, relays });
  return introduce(channel, { clientKey, remote }, options.signal, async () => {
    let isRepeated = false;
    try {
      await channel.request('connect', [remote, secret, permissions.join(',')], {
        onagain: () => (isRepeated = true),
      });
    } catch (error) {
      // NIP-46: a used secret is ignored. Where the answer to the first copy was lost, we may be known all the same.
      if (!isRepeated || !isRefusal(error)) throw error;
      await channel.request('get_public_key', [], { timeoutMs: timing.knownTimeoutMs }).catch(() => {
        throw error;
      });
    }
    return timing;
  });
}

function isRefusal(error: unknown): boolean {
  return error instanceof TransportError && error.data['words'] !== undefined;
}

/** Uses a remote signer that was connected before. Nobody is asked anything until there is something to sign. */
export function resumeRemoteSigner(
  record: RemoteSignerRecord,
  options: RemoteSignerOptions = {},
): RemoteSigner {
  const channel = new RemoteChannel({ ...options, ...record, timing: remoteTiming(options.timing) });
  return new RemoteSigner(channel, record);
}

/** What follows the first word in both directions: the relays that the signer wants, and the key that it signs with. */
export async function introduce(
  channel: RemoteChannel,
  identity: Pick<RemoteSignerRecord, 'clientKey' | 'remote'>,
  signal: AbortSignal | undefined,
  connect: () => Promise<RemoteTiming>,
): Promise<RemoteSigner> {
  const giveUp = (): void => channel.close();
  signal?.addEventListener('abort', giveUp);
  try {
    if (signal?.aborted === true) giveUp();
    const timing = await connect();
    const pubkey = (await switchRelays(channel, timing)) ?? (await askPublicKey(channel));
    return new RemoteSigner(channel, { ...identity, pubkey });
  } catch (error) {
    channel.close();
    throw error;
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
}

/**
 * NIP-46: the signer decides over which relays it is asked, and is asked for them after each connect. They are
 * believed when it answers there: the key that it signs with, or undefined where nothing changes.
 */
async function switchRelays(channel: RemoteChannel, timing: RemoteTiming): Promise<string | undefined> {
  const former = channel.relays;
  const relays = await askRelays(channel, timing);
  if (relays.length === 0 || sameRelays(relays, former)) return undefined;
  channel.useRelays(relays);
  try {
    return await askPublicKey(channel, timing.switchedTimeoutMs);
  } catch {
    channel.useRelays(former);
    return undefined;
  }
}

async function askRelays(channel: RemoteChannel, { switchTimeoutMs }: RemoteTiming): Promise<string[]> {
  try {
    const result = await channel.request('switch_relays', [], { timeoutMs: switchTimeoutMs });
    const relays: unknown = JSON.parse(result ?? 'null');
    if (!Array.isArray(relays)) return [];
    return usableRelays(relays.filter((url) => typeof url === 'string'));
  } catch {
    return []; // a signer that does not know it
  }
}

async function askPublicKey(channel: RemoteChannel, timeoutMs?: number): Promise<string> {
  const pubkey = await channel.request('get_public_key', [], timeoutMs === undefined ? {} : { timeoutMs });
  if (pubkey !== undefined && isHex32(pubkey)) return pubkey;
  throw new TransportError('signer_failed', 'the remote signer answered get_public_key with what is no key');
}

function sameRelays(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((url) => b.includes(url));
}
