import { bytesToHex } from '@noble/hashes/utils.js';

import { engine } from '#engine';

import { DecodeError } from './errors.ts';
import { getPublicKey, signId, verifyId } from './schnorr.ts';
import { jsonOf } from './text-bytes.ts';

/** A Nostr event (NIP-01): what a relay carries. `created_at` is in seconds. */
export interface NostrEvent {
  id: string;
  pubkey: string;
  created_at: number;
  kind: number;
  tags: string[][];
  content: string;
  sig: string;
}

/** What a signer is given: it adds its key, the id and the signature. */
export type EventTemplate = Pick<NostrEvent, 'kind' | 'tags' | 'content' | 'created_at'>;
export type UnsignedEvent = EventTemplate & Pick<NostrEvent, 'pubkey'>;

const HEX_32 = /^[0-9a-f]{64}$/;
const HEX_64 = /^[0-9a-f]{128}$/;

/**
 * NIP-01: the SHA-256 of the serialised event, lower-case hex. `contentJson`: the content as JSON, where it is at hand;
 * of a large event it is the dearest part.
 */
export function eventId(event: UnsignedEvent, contentJson: string = jsonOf(event.content)): string {
  const { pubkey, created_at, kind, tags } = event;
  const head = `${JSON.stringify(pubkey)},${created_at},${kind},${JSON.stringify(tags)}`;
  return bytesToHex(engine.sha256(`[0,${head},${contentJson}]`));
}

/** The event as JSON; `contentJson` as for {@link eventId}. */
export function eventJson(event: NostrEvent, contentJson: string = jsonOf(event.content)): string {
  const { id, pubkey, created_at, kind, tags, sig } = event;
  const head = `{"id":"${id}","pubkey":"${pubkey}","created_at":${created_at},"kind":${kind}`;
  return `${head},"tags":${JSON.stringify(tags)},"content":${contentJson},"sig":"${sig}"}`;
}

/** `pubkey` is the key's own; whoever has it at hand spares a multiplication on the curve. */
export function signEvent(
  template: EventTemplate,
  secretKey: Uint8Array,
  pubkey: string = getPublicKey(secretKey),
  contentJson?: string,
): NostrEvent {
  const { kind, created_at, tags, content } = template;
  const unsigned = { pubkey, created_at, kind, tags, content };
  const id = eventId(unsigned, contentJson);
  return { id, ...unsigned, sig: signId(id, secretKey) };
}

/** Whether the id is the event's own and the signature its author's. */
export function verifyEvent(event: NostrEvent, contentJson?: string): boolean {
  return eventId(event, contentJson) === event.id && verifyId(event.id, event.sig, event.pubkey);
}

/** The shape of NIP-01 and nothing more: id and signature are not computed here. @throws {DecodeError} `bad_event` */
export function parseEvent(value: unknown): NostrEvent {
  if (!isRecord(value)) throw bad('it is no object');
  const { id, pubkey, created_at, kind, tags, content, sig } = value;
  if (typeof id !== 'string' || !HEX_32.test(id)) throw bad('id is not 64 lower-case hex characters');
  if (typeof pubkey !== 'string' || !HEX_32.test(pubkey)) {
    throw bad('pubkey is not 64 lower-case hex characters');
  }
  if (typeof created_at !== 'number' || !Number.isSafeInteger(created_at) || created_at < 0) {
    throw bad('created_at is not a time in whole seconds');
  }
  if (typeof kind !== 'number' || !Number.isInteger(kind) || kind < 0 || kind > 65_535) {
    throw bad('kind is not a whole number from 0 to 65535');
  }
  if (!isTags(tags)) throw bad('tags are not arrays of strings');
  if (typeof content !== 'string') throw bad('content is not a string');
  if (typeof sig !== 'string' || !HEX_64.test(sig)) throw bad('sig is not 128 lower-case hex characters');
  return { id, pubkey, created_at, kind, tags, content, sig };
}

/** The first value of the first tag of this name. */
export function tagValue(event: Pick<NostrEvent, 'tags'>, name: string): string | undefined {
  return event.tags.find((tag) => tag[0] === name)?.[1];
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** 32 bytes as lower-case hex: a public key or an event id. */
export function isHex32(text: string): boolean {
  return HEX_32.test(text);
}

function isTags(value: unknown): value is string[][] {
  return (
    Array.isArray(value) &&
    value.every((tag) => Array.isArray(tag) && tag.every((item) => typeof item === 'string'))
  );
}

function bad(reason: string): DecodeError {
  return new DecodeError('bad_event', `not a Nostr event: ${reason}`);
}
