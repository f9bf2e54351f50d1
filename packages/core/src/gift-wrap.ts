import { DecodeError } from './errors.ts';
import { eventJson, type NostrEvent, parseEvent, signEvent } from './event.ts';
import { EPHEMERAL_GIFT_WRAP_KIND, type GIFT_WRAP_KIND } from './kinds.ts';
import { nip44 } from './nip44.ts';
import { generateSecretKey, getPublicKey } from './schnorr.ts';
import type { Signer } from './signer.ts';

/** A key that signs one gift wrap, with what it shares with the recipient. */
export interface WrapKey {
  secretKey: Uint8Array;
  pubkey: string;
  conversationKey: Uint8Array;
}

/** Half of the cost of a wrap, and nothing of it depends on the event: it can be had ahead of time. */
export function newWrapKey(recipient: string, secretKey: Uint8Array = generateSecretKey()): WrapKey {
  const conversationKey = nip44.conversationKey(secretKey, recipient);
  return { secretKey, pubkey: getPublicKey(secretKey), conversationKey };
}

export interface WrapOptions {
  /** @default 21059 */
  kind?: typeof GIFT_WRAP_KIND | typeof EPHEMERAL_GIFT_WRAP_KIND;
  /** Seconds; later than the event's own when it travels again. @default the event's */
  createdAt?: number;
  /** For this recipient and not used before. @default a new one */
  key?: WrapKey;
  /** NIP-44's 32-byte nonce. @default random */
  nonce?: Uint8Array;
}

/**
 * A signed event, encrypted to its recipient and signed by a key used this once (NIP-59 without the seal, as in
 * ContextVM's CEP-4). Its time is the inner event's: peers filter live events by `since`, and relays refuse
 * ephemeral ones that are old, so NIP-59's random past cannot be used.
 * @throws {RangeError} when the event is above NIP-44's 65,535 bytes
 */
export function wrapEvent(event: NostrEvent, recipient: string, options: WrapOptions = {}): NostrEvent {
  const { secretKey, pubkey, conversationKey } = options.key ?? newWrapKey(recipient);
  const content = nip44.encrypt(eventJson(event), conversationKey, options.nonce);
  const template = {
    kind: options.kind ?? EPHEMERAL_GIFT_WRAP_KIND,
    created_at: options.createdAt ?? event.created_at,
    tags: [['p', recipient]],
    content,
  };
  return signEvent(template, secretKey, pubkey, payloadJson(content));
}

/** The JSON of a gift wrap that was made here: its payload is base64 and has nothing to escape. */
export function wrapJson(wrap: NostrEvent): string {
  return eventJson(wrap, payloadJson(wrap.content));
}

/**
 * The event inside a gift wrap. Neither signature is checked here: the wrap's proves nothing, and the inner one is
 * checked only when the cheaper checks have passed.
 * @throws {DecodeError} `not_decryptable`, `bad_event`
 */
export async function unwrapEvent(wrap: NostrEvent, signer: Signer): Promise<NostrEvent> {
  if (signer.nip44 === undefined) {
    throw new DecodeError('not_decryptable', 'payload not decrypted: the signer has no nip44');
  }
  let plaintext: string;
  try {
    plaintext = await signer.nip44.decrypt(wrap.pubkey, wrap.content);
  } catch (cause) {
    if (cause instanceof DecodeError) throw cause;
    throw new DecodeError('not_decryptable', 'payload not decrypted: the signer refused', { cause });
  }
  let value: unknown;
  try {
    value = JSON.parse(plaintext);
  } catch (cause) {
    throw new DecodeError('bad_event', 'not a Nostr event: the plaintext is not JSON', { cause });
  }
  return parseEvent(value);
}

function payloadJson(payload: string): string {
  return `"${payload}"`;
}
