import {
  decodeFrame,
  DecodeError,
  EPHEMERAL_GIFT_WRAP_KIND,
  eventId,
  type Frame,
  GIFT_WRAP_KIND,
  type LinkTag,
  limits as wire,
  MESSAGE_KIND,
  type NostrEvent,
  type Signer,
  tagValue,
  unwrapEvent,
  verifyId,
} from '@mcp-nostr/core';
import { type BareMessage, decodeBare, isBare } from '@mcp-nostr/core/contextvm';

import { limits } from './limits.ts';
import { RecentIds } from './recent-ids.ts';

/** Who may be spoken to in which form. `optional`: a server takes both, each connection keeps to its first. */
export type Encryption = 'required' | 'optional' | 'none';

/** How an inner event travels: as it is, or in a gift wrap that relays must not store (21059) or may (1059). */
export type Form = 'plain' | 'ephemeral' | 'stored';

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

/** A message without a link (WIRE.md, section 13) whose signature and recipient were checked, and its first copy. */
export interface IncomingBare {
  /** The verified inner event. */
  event: NostrEvent;
  message: BareMessage;
  /** Bytes on the way, about. */
  bytes: number;
  form: Form;
  relay: string;
}

export interface ReceiverOptions {
  pubkey: string;
  signer: Signer;
  encryption: Encryption;
  /** Whether a frame concerns us, asked before its signature is checked; what does not is dropped in silence. */
  accepts: (author: string, link: LinkTag) => boolean;
  onframe: (frame: IncomingFrame) => void;
  /** The same for what has no link, where such messages are taken. */
  acceptsBare?: ((author: string, message: BareMessage) => boolean) | undefined;
  onbare?: ((incoming: IncomingBare) => void) | undefined;
  /** Plain bare messages come in although encryption is required: only to be refused. */
  hearsPlain?: boolean | undefined;
  /** An event that was dropped, and why: a `DecodeError`, or what the handling of its frame threw. */
  ondropped?: ((error: Error, relay: string) => void) | undefined;
}

/** What keeping a frame costs beside its content. */
const FRAME_BYTES = 512;

const FORMS: Readonly<Record<number, Form>> = {
  [MESSAGE_KIND]: 'plain',
  [EPHEMERAL_GIFT_WRAP_KIND]: 'ephemeral',
  [GIFT_WRAP_KIND]: 'stored',
};

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
    const { pubkey } = this.#options;
    checkTags(outer);
    const form = FORMS[outer.kind];
    if (form === undefined || !this.#takes(form, outer)) throw wrongKind(outer);
    const encrypted = form !== 'plain';
    if (tagValue(outer, 'p') !== pubkey) throw wrongRecipient(outer);
    const inner = encrypted ? await this.#unwrap(outer) : outer;
    if (inner === undefined) return;
    checkTags(inner);
    if (inner.kind !== MESSAGE_KIND) throw wrongKind(inner);
    // Without this a server could wrap a client's signed request again for another server.
    if (tagValue(inner, 'p') !== pubkey) throw wrongRecipient(inner);
    if (this.#options.onbare !== undefined && isBare(inner)) return this.#receiveBare(inner, form, relay);
    const frame = decodeFrame(inner);
    if (!this.#options.accepts(inner.pubkey, frame.link)) return;
    const id = eventId(inner);
    const isRepeat = this.#inner.has(id);
    // In plain text every relay brings a copy; what is sent again there is signed anew.
    if (isRepeat && !encrypted) return;
    if (!isRepeat) this.#verify(inner, id);
    const bytes = sizeOf(inner);
    this.#options.onframe({ event: { ...inner, id }, frame, bytes, encrypted, relay, isRepeat });
  }

  #receiveBare(inner: NostrEvent, form: Form, relay: string): void {
    const { acceptsBare, onbare } = this.#options;
    const message = decodeBare(inner);
    if (acceptsBare?.(inner.pubkey, message) === false) return;
    const id = eventId(inner);
    if (this.#inner.has(id)) return;
    this.#verify(inner, id);
    onbare?.({ event: { ...inner, id }, message, bytes: sizeOf(inner), form, relay });
  }

  #verify({ sig, pubkey }: NostrEvent, id: string): void {
    if (!verifyId(id, sig, pubkey))
      throw new DecodeError('bad_signature', `event ${id} is not signed by ${pubkey}`);
    this.#inner.add(id);
  }

  #takes(form: Form, { tags }: NostrEvent): boolean {
    const { encryption, hearsPlain } = this.#options;
    if (encryption === 'optional') return true;
    if (form !== 'plain') return encryption === 'required';
    return encryption === 'none' || (hearsPlain === true && isBare({ tags }));
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

function sizeOf({ tags, content }: NostrEvent): number {
  let size = content.length + FRAME_BYTES;
  for (const tag of tags) for (const item of tag) size += item.length;
  return size;
}

function checkTags(event: NostrEvent): void {
  const { kind, tags } = event;
  const most = kind === MESSAGE_KIND && isBare(event) ? wire.maxBareTags : wire.maxTags;
  if (tags.length > most) throw new DecodeError('too_large', `event has ${tags.length} tags`);
}

function wrongKind(event: NostrEvent): DecodeError {
  return new DecodeError('wrong_kind', `event ${event.id} is of kind ${event.kind}, which is not taken here`);
}

function wrongRecipient(event: NostrEvent): DecodeError {
  return new DecodeError('wrong_recipient', `event ${event.id} is addressed to another key`);
}
