import {
  decodeFrame,
  DecodeError,
  EPHEMERAL_GIFT_WRAP_KIND,
  eventId,
  type Frame,
  type LinkTag,
  limits as wire,
  MESSAGE_KIND,
  type NostrEvent,
  type Signer,
  tagValue,
  unwrapEvent,
  verifyId,
} from '@mcp-nostr/core';

import { limits } from './limits.ts';
import { RecentIds } from './recent-ids.ts';

/** Who may be spoken to in which form. `optional`: a server takes both, each connection keeps to its first. */
export type Encryption = 'required' | 'optional' | 'none';

/** A frame whose signature, recipient and link were checked. Its messages are not read yet. */
export interface IncomingFrame {
  /** The verified inner event. */
  event: NostrEvent;
  frame: Frame;
  /** Bytes on the way, about. */
  bytes: number;
  encrypted: boolean;
  relay: string;
  /** The same inner event was here before; a repeat says that the peer lacks something. */
  isRepeat: boolean;
}

export interface ReceiverOptions {
  pubkey: string;
  signer: Signer;
  encryption: Encryption;
  /** Whether a frame concerns us, asked before its signature is checked; what does not is dropped in silence. */
  accepts: (author: string, link: LinkTag) => boolean;
  onframe: (frame: IncomingFrame) => void;
  /** An event that was dropped, and why: a `DecodeError`, or what the handling of its frame threw. */
  ondropped?: ((error: Error, relay: string) => void) | undefined;
}

/** What keeping a frame costs beside its content. */
const FRAME_BYTES = 512;

/** From an event of a relay to a frame: the checks, cheapest first, in the order that WIRE.md gives. */
export class Receiver {
  readonly #options: ReceiverOptions;
  readonly #outer = new RecentIds();
  readonly #inner = new RecentIds();
  readonly #decrypting: Set<NostrEvent> = new Set();

  constructor(options: ReceiverOptions) {
    this.#options = options;
  }

  /** Never rejects: a bad event is dropped and reported, and ends nothing. */
  async receive(event: NostrEvent, relay: string): Promise<void> {
    try {
      await this.#receive(event, relay);
    } catch (error) {
      this.#report(error, relay);
    }
  }

  async #receive(outer: NostrEvent, relay: string): Promise<void> {
    const { pubkey, encryption } = this.#options;
    checkTags(outer);
    const encrypted = outer.kind === EPHEMERAL_GIFT_WRAP_KIND;
    if (!encrypted && outer.kind !== MESSAGE_KIND) throw wrongKind(outer);
    if (encryption !== 'optional' && encrypted !== (encryption === 'required')) throw wrongKind(outer);
    if (tagValue(outer, 'p') !== pubkey) throw wrongRecipient(outer);
    const inner = encrypted ? await this.#unwrap(outer) : outer;
    if (inner === undefined) return;
    checkTags(inner);
    if (inner.kind !== MESSAGE_KIND) throw wrongKind(inner);
    // Without this a server could wrap a client's signed request again for another server.
    if (tagValue(inner, 'p') !== pubkey) throw wrongRecipient(inner);
    const frame = decodeFrame(inner);
    if (!this.#options.accepts(inner.pubkey, frame.link)) return;
    const id = eventId(inner);
    const isRepeat = this.#inner.has(id);
    // In plain text every relay brings a copy; what is sent again there is signed anew.
    if (isRepeat && !encrypted) return;
    if (!isRepeat) {
      if (!verifyId(id, inner.sig, inner.pubkey)) {
        throw new DecodeError('bad_signature', `event ${id} is not signed by ${inner.pubkey}`);
      }
      this.#inner.add(id);
    }
    const bytes = inner.content.length + tagsLength(inner) + FRAME_BYTES;
    this.#options.onframe({ event: { ...inner, id }, frame, bytes, encrypted, relay, isRepeat });
  }

  #report(error: unknown, relay: string): void {
    try {
      this.#options.ondropped?.(error instanceof Error ? error : new Error(String(error)), relay);
    } catch {
      // A stranger's event must not end the process by way of whoever takes the reports.
    }
  }

  /** Undefined for a wrap that was here before, or when too much is being decrypted. */
  async #unwrap(outer: NostrEvent): Promise<NostrEvent | undefined> {
    // The payload ends in its MAC, which names it better than the id: a relay can put an id on anything, but only
    // the payload itself decrypts under its MAC.
    const mark = ownCopy(outer.content.slice(-44));
    if (this.#outer.has(mark)) return undefined;
    // Another relay may bring it while a remote signer is still at work. Compared whole: a copied MAC proves nothing.
    for (const each of this.#decrypting)
      if (each.content === outer.content && each.pubkey === outer.pubkey) return undefined;
    if (this.#decrypting.size >= limits.maxDecrypting) {
      const text = `payload not decrypted: the signer has ${limits.maxDecrypting} others to do`;
      throw new DecodeError('not_decryptable', text);
    }
    this.#decrypting.add(outer);
    try {
      const inner = await unwrapEvent(outer, this.#options.signer);
      this.#outer.add(mark);
      return inner;
    } finally {
      this.#decrypting.delete(outer);
    }
  }
}

/** A slice keeps the whole text that it was cut from in memory (V8); the remembered mark must not. */
function ownCopy(text: string): string {
  return Array.from(text).join('');
}

function tagsLength({ tags }: NostrEvent): number {
  let length = 0;
  for (const tag of tags) for (const item of tag) length += item.length;
  return length;
}

function checkTags({ tags }: NostrEvent): void {
  if (tags.length > wire.maxTags) throw new DecodeError('too_large', `event has ${tags.length} tags`);
}

function wrongKind(event: NostrEvent): DecodeError {
  return new DecodeError('wrong_kind', `event ${event.id} is of kind ${event.kind}, which is not taken here`);
}

function wrongRecipient(event: NostrEvent): DecodeError {
  return new DecodeError('wrong_recipient', `event ${event.id} is addressed to another key`);
}
