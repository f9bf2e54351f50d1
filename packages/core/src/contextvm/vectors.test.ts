import { hexToBytes } from '@noble/hashes/utils.js';
import { describe, expect, it } from 'vitest';

import { DecodeError } from '../errors.ts';
import { parseEvent, verifyEvent } from '../event.ts';
import { parseMessage } from '../frame.ts';
import { unwrapEvent } from '../gift-wrap.ts';
import { parseJsonRpc } from '../json-rpc.ts';
import { getPublicKey } from '../schnorr.ts';
import { secretKeySigner } from '../signer.ts';
import { readAnnouncement } from './announcement.ts';
import { decodeBare, encodeBare, isBare } from './bare-message.ts';
import vectors from './contextvm.vectors.json' with { type: 'json' };
import { readPaymentError, readPaymentNotice } from './payment.ts';
import { schemaHash } from './schema-hash.ts';
import { StreamAssembly } from './stream-assembly.ts';
import { parseStreamFrame } from './stream-frame.ts';
import { readSupport } from './support.ts';
import { TransferAssembly } from './transfer-assembly.ts';
import { parseTransferFrame } from './transfer-frame.ts';

const { keys } = vectors;

function assemble(messages: unknown[]): string | undefined {
  const assembly = new TransferAssembly(1_000_000);
  let text: string | undefined;
  for (const message of messages) {
    const frame = parseTransferFrame(parseJsonRpc(message));
    if (frame !== undefined) text = assembly.add(frame) ?? text;
  }
  return text;
}

describe('what ContextVM was seen to send', () => {
  it('is of these keys', () => {
    for (const { secret, pubkey } of Object.values(keys))
      expect(getPublicKey(hexToBytes(secret))).toBe(pubkey);
  });

  it.each(vectors.messages)('message: $name', ({ from, event, requestEvent, tags, message, support }) => {
    const [author, recipient] = from === 'client' ? [keys.client, keys.server] : [keys.server, keys.client];
    expect(verifyEvent(parseEvent(event))).toBe(true);
    expect(event.pubkey).toBe(author.pubkey);
    expect(isBare(event)).toBe(true);
    const bare = decodeBare(event);
    expect(bare).toEqual({ requestEvent, tags, content: event.content });
    expect(parseMessage(bare.content)).toEqual(message);
    expect(readSupport(bare.tags)).toEqual(support);
    const { kind, created_at, content } = event;
    expect(encodeBare(bare, recipient.pubkey, created_at)).toEqual({
      kind,
      created_at,
      tags: event.tags,
      content,
    });
  });

  it.each(vectors.wraps)('gift wrap: $name', async ({ recipient, event, inner }) => {
    const { secret } = recipient === 'server' ? keys.server : keys.client;
    expect(verifyEvent(parseEvent(event))).toBe(true);
    expect(await unwrapEvent(parseEvent(event), secretKeySigner(hexToBytes(secret)))).toEqual(inner);
    expect(verifyEvent(parseEvent(inner))).toBe(true);
    expect(isBare(inner)).toBe(true);
  });

  it.each(vectors.transferFrames)('frame of a transfer: $name', ({ message, frame }) => {
    expect(parseTransferFrame(parseJsonRpc(message))).toEqual(frame);
  });

  it.each(vectors.transfers)('transfer $name', ({ messages, text }) => {
    expect(assemble(messages)).toBe(text);
    expect(assemble(messages.slice(0, -1))).toBeUndefined();
  });

  it.each(vectors.badTransfers)('transfer that fails: $name', ({ messages }) => {
    expect(() => assemble(messages)).toThrow(DecodeError);
  });

  it('an open stream', () => {
    const assembly = new StreamAssembly();
    const chunks = vectors.stream.frames.flatMap(({ event, frame }) => {
      expect(verifyEvent(parseEvent(event))).toBe(true);
      const parsed = parseStreamFrame(parseMessage(event.content));
      expect(parsed).toEqual(frame);
      return parsed?.frameType === 'chunk' || parsed?.frameType === 'close' ? assembly.add(parsed) : [];
    });
    expect(chunks).toEqual(vectors.stream.chunks);
    expect(assembly.isComplete).toBe(true);
  });

  it.each(vectors.paymentNotices)('payment $name', ({ event, notice }) => {
    expect(verifyEvent(parseEvent(event))).toBe(true);
    expect(readPaymentNotice(parseMessage(event.content))).toEqual(notice);
  });

  it.each(vectors.paymentErrors)('payment $name, as an error', ({ message, error }) => {
    const parsed = parseJsonRpc(message);
    expect('error' in parsed && readPaymentError(parsed)).toEqual(error);
  });

  it.each(vectors.announcements)('announcement: $name', ({ events, nowSeconds, announcement }) => {
    for (const event of events) expect(verifyEvent(parseEvent(event))).toBe(true);
    expect(readAnnouncement(keys.server.pubkey, events, nowSeconds)).toEqual(announcement);
  });

  it.each(vectors.schemaHashes)('common schema: $name', ({ tool, hash }) => {
    expect(schemaHash(tool)).toBe(hash);
  });
});
