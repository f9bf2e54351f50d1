import { type EventTemplate, type NostrEvent, parseEvent, type Signer, verifyEvent } from '@mcp-nostr/core';
import { TransportError } from '@mcp-nostr/transport';

import type { RemoteChannel } from './remote-channel.ts';

/** What is kept of a remote signer, to use it again without asking anybody. The client key is a secret. */
export interface RemoteSignerRecord {
  /** The key that the signer knows us by. */
  clientKey: Uint8Array;
  /** The signer's own key, and where it listens. */
  remote: string;
  relays: string[];
  /** The key that it signs with. */
  pubkey: string;
}

/**
 * A key that somebody else holds (NIP-46): each signature and each decryption is asked for over relays. What it
 * answers is checked; it fails with `signer_failed` (`TransportError`) when the signer refuses or stays silent.
 */
export class RemoteSigner implements Signer {
  /** The key that it signs with, 64 lower-case hex characters. */
  readonly pubkey: string;
  readonly nip44: NonNullable<Signer['nip44']>;
  readonly #channel: RemoteChannel;
  readonly #identity: Pick<RemoteSignerRecord, 'clientKey' | 'remote'>;

  constructor(channel: RemoteChannel, { pubkey, clientKey, remote }: Omit<RemoteSignerRecord, 'relays'>) {
    this.#channel = channel;
    this.pubkey = pubkey;
    this.#identity = { clientKey, remote };
    this.nip44 = {
      encrypt: (peer, plaintext) => this.#text('nip44_encrypt', [peer, plaintext]),
      decrypt: (peer, ciphertext) => this.#text('nip44_decrypt', [peer, ciphertext]),
    };
  }

  /** For {@link resumeRemoteSigner}. */
  get record(): RemoteSignerRecord {
    return { ...this.#identity, relays: [...this.#channel.relays], pubkey: this.pubkey };
  }

  async getPublicKey(): Promise<string> {
    return this.pubkey;
  }

  async signEvent({ kind, created_at, tags, content }: EventTemplate): Promise<NostrEvent> {
    const template = { kind, created_at, tags, content };
    const event = readEvent(await this.#text('sign_event', [JSON.stringify(template)]));
    if (event.pubkey !== this.pubkey) throw wrong('signed with another key than it was connected for');
    const isAsAsked =
      event.kind === kind &&
      event.created_at === created_at &&
      event.content === content &&
      JSON.stringify(event.tags) === JSON.stringify(tags);
    if (!isAsAsked) throw wrong('signed something else than it was asked to');
    if (!verifyEvent(event)) throw wrong('gave a signature that is not valid');
    return event;
  }

  /** What is under way is rejected with `closed`. */
  close(): void {
    this.#channel.close();
  }

  async #text(method: string, params: readonly string[]): Promise<string> {
    const result = await this.#channel.request(method, params);
    if (result === undefined) throw wrong(`answered ${method} without a result`);
    return result;
  }
}

function readEvent(text: string): NostrEvent {
  try {
    return parseEvent(JSON.parse(text));
  } catch (cause) {
    throw wrong('answered sign_event with what is no event', cause);
  }
}

function wrong(what: string, cause?: unknown): TransportError {
  return new TransportError('signer_failed', `the remote signer ${what}`, { cause });
}
