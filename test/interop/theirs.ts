import { EncryptionMode, GiftWrapMode } from '@contextvm/sdk/core';
import { ApplesauceRelayPool } from '@contextvm/sdk/relay';
import {
  NostrClientTransport,
  type NostrServerTransportOptions,
  NostrServerTransport,
} from '@contextvm/sdk/transport';
import { generateSecretKey, getPublicKey } from '@mcp-nostr/core';

import type { Cell } from './cells.ts';

const encryptions = {
  optional: EncryptionMode.OPTIONAL,
  required: EncryptionMode.REQUIRED,
  disabled: EncryptionMode.DISABLED,
};
const wraps = {
  optional: GiftWrapMode.OPTIONAL,
  ephemeral: GiftWrapMode.EPHEMERAL,
  persistent: GiftWrapMode.PERSISTENT,
};

export interface Ends {
  readonly relays: readonly string[];
  readonly secretKey?: Uint8Array;
}

function optionsOf(cell: Cell, secretKey: Uint8Array, relays: readonly string[]) {
  // It would look for public relays.
  if (relays.length === 0) throw new RangeError('a peer of theirs needs a relay of ours');
  return {
    signer: Buffer.from(secretKey).toString('hex'),
    relayHandler: [...relays],
    encryptionMode: encryptions[cell.encryption],
    giftWrapMode: wraps[cell.wraps],
    logLevel: 'silent' as const,
  };
}

/** A transport of theirs for a server, and its key. */
export function theirServerTransport(
  cell: Cell,
  { relays, secretKey = generateSecretKey() }: Ends,
  more: Partial<NostrServerTransportOptions> = {},
): { transport: NostrServerTransport; pubkey: string } {
  const transport = new NostrServerTransport({
    ...optionsOf(cell, secretKey, relays),
    // It would look for public relays.
    publishRelayList: false,
    bootstrapRelayUrls: [],
    ...more,
  });
  return { transport, pubkey: getPublicKey(secretKey) };
}

/** A transport of theirs for a client, which begins as the cell says. */
export function theirClientTransport(
  cell: Cell,
  server: string,
  { relays, secretKey = generateSecretKey() }: Ends,
): NostrClientTransport {
  return new NostrClientTransport({
    ...optionsOf(cell, secretKey, relays),
    serverPubkey: server,
    discoveryRelayUrls: [...relays],
    isStateless: cell.start === 'stateless',
  });
}

type Subscribe = ApplesauceRelayPool['subscribe'];

/** Relays of an end that has been there for an hour: an end hears nothing that is dated before its own start. */
export class EarlierPool extends ApplesauceRelayPool {
  override subscribe(...[filters, ...listeners]: Parameters<Subscribe>): ReturnType<Subscribe> {
    const earlier = filters.map(({ since = 0, ...filter }) => ({ ...filter, since: since - 3_600 }));
    return super.subscribe(earlier, ...listeners);
  }
}
