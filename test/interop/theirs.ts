import { EncryptionMode, GiftWrapMode } from '@contextvm/sdk/core';
import { ApplesauceRelayPool } from '@contextvm/sdk/relay';
import {
  NostrClientTransport,
  type NostrServerTransportOptions,
  NostrServerTransport,
  type NostrTransportOptions,
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

type Publish = ApplesauceRelayPool['publish'];
type Subscribe = ApplesauceRelayPool['subscribe'];

/** Their relays, as they are but for what a test cannot wait for. */
class WatchedPool extends ApplesauceRelayPool {
  /** Resolves when the first subscription is live: an ephemeral event that comes before is gone. */
  readonly live: Promise<void>;
  readonly #onlive: () => void;
  readonly #earlierSeconds: number;
  readonly #closed = new AbortController();

  /** `earlierSeconds`: an end hears nothing that is dated before its own start, so this is how long it has been there. */
  constructor(relays: readonly string[], earlierSeconds = 0) {
    super([...relays], { reconnectBaseDelayMs: 200 });
    this.#earlierSeconds = earlierSeconds;
    let onlive: () => void = () => {};
    this.live = new Promise((resolve) => {
      onlive = resolve;
    });
    this.#onlive = onlive;
  }

  override subscribe(...[filters, onEvent, onEose]: Parameters<Subscribe>): ReturnType<Subscribe> {
    const earlier = filters.map(({ since = 0, ...filter }) => ({
      ...filter,
      since: since - this.#earlierSeconds,
    }));
    return super.subscribe(earlier, onEvent, () => {
      this.#onlive();
      onEose?.();
    });
  }

  /** It would be tried for ever, and after the end. */
  override publish(...[event, options]: Parameters<Publish>): ReturnType<Publish> {
    return super.publish(event, { abortSignal: this.#closed.signal, ...options });
  }

  override async disconnect(): Promise<void> {
    this.#closed.abort();
    await super.disconnect();
  }
}

export interface Ends {
  readonly relays: readonly string[];
  readonly secretKey?: Uint8Array;
}

function optionsOf(cell: Cell, secretKey: Uint8Array, relays: readonly string[]) {
  // It would look for public relays.
  if (relays.length === 0) throw new RangeError('a peer of theirs needs a relay of ours');
  return {
    signer: Buffer.from(secretKey).toString('hex'),
    encryptionMode: encryptions[cell.encryption],
    giftWrapMode: wraps[cell.wraps],
    logLevel: 'silent' as const,
  };
}

/** A transport of theirs for a server, its key, and when it hears. */
export function theirServerTransport(
  cell: Cell,
  { relays, secretKey = generateSecretKey() }: Ends,
  { isOld = false, ...more }: Partial<NostrServerTransportOptions> & { isOld?: boolean } = {},
): { transport: NostrServerTransport; pubkey: string; live: Promise<void> } {
  const relayHandler = new WatchedPool(relays, isOld ? 3_600 : 0);
  const transport = new NostrServerTransport({
    ...optionsOf(cell, secretKey, relays),
    relayHandler,
    // It would look for public relays.
    publishRelayList: false,
    bootstrapRelayUrls: [],
    ...more,
  });
  return { transport, pubkey: getPublicKey(secretKey), live: relayHandler.live };
}

/** A transport of theirs for a client, which begins as the cell says. */
export function theirClientTransport(
  cell: Cell,
  server: string,
  { relays, secretKey = generateSecretKey() }: Ends,
  more: Partial<NostrTransportOptions> = {},
): NostrClientTransport {
  return new NostrClientTransport({
    ...optionsOf(cell, secretKey, relays),
    relayHandler: new WatchedPool(relays),
    serverPubkey: server,
    discoveryRelayUrls: [...relays],
    isStateless: cell.start === 'stateless',
    ...more,
  });
}
