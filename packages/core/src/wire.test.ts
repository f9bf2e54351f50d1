import { hexToBytes } from '@noble/hashes/utils.js';
import { describe, expect, it } from 'vitest';

import { parseAddress } from './address.ts';
import { eventId, parseEvent, verifyEvent } from './event.ts';
import { decodeFrame, encodeFrame, type Frame, parseMessage, splitMessages } from './frame.ts';
import { newWrapKey, unwrapEvent, wrapEvent } from './gift-wrap.ts';
import { grantTemplate, type PaperContext, readPaper, revocationTemplate } from './grant.ts';
import { formatLinkTag, parseLinkTag } from './link-tag.ts';
import { getPublicKey } from './schnorr.ts';
import { secretKeySigner } from './signer.ts';
import { readSuccessor, successorTemplate } from './successor.ts';
import { utf8Bytes } from './text-bytes.ts';
import vectors from './wire.vectors.json' with { type: 'json' };

const { keys } = vectors;

describe('the vectors of WIRE.md', () => {
  it('name the keys', () => {
    for (const { secret, pubkey } of Object.values(keys))
      expect(getPublicKey(hexToBytes(secret))).toBe(pubkey);
  });

  it.each(vectors.addresses)('address $text', ({ text, pubkey, relays }) => {
    expect(parseAddress(text)).toEqual({ pubkey, relays });
  });

  it.each(vectors.linkTags)('link tag $tag', ({ link, tag }) => {
    expect(formatLinkTag(parseLinkTag([tag]))).toEqual(tag);
    expect(parseLinkTag([tag])).toEqual(link);
  });

  it.each(vectors.frames)('frame: $name', ({ from, createdAt, frame, event }) => {
    const [author, recipient] = from === 'client' ? [keys.client, keys.server] : [keys.server, keys.client];
    const template = encodeFrame(frame as unknown as Frame, recipient.pubkey, createdAt);
    expect(eventId({ ...template, pubkey: author.pubkey })).toBe(event.id);
    expect(verifyEvent(parseEvent(event))).toBe(true);
    expect(decodeFrame(event)).toEqual(frame);
  });

  it.each(vectors.wraps)('gift wrap: $name', async ({ key, nonce, kind, recipient, plaintext, event }) => {
    const inner = parseEvent(JSON.parse(plaintext));
    const options = {
      key: newWrapKey(recipient, hexToBytes(key)),
      nonce: hexToBytes(nonce),
      kind: kind as 1059 | 21_059,
    };
    expect(wrapEvent(inner, recipient, options)).toEqual({ ...event, sig: expect.any(String) });
    expect(verifyEvent(parseEvent(event))).toBe(true);
    const reader = Object.values(keys).find(({ pubkey }) => pubkey === recipient);
    expect(await unwrapEvent(event, secretKeySigner(hexToBytes(reader?.secret ?? '')))).toEqual(inner);
  });

  it.each(vectors.badFrames)('frame that is refused: $name', ({ tags }) => {
    expect(() => decodeFrame({ tags, content: '' })).toThrow(expect.objectContaining({ code: 'bad_link' }));
  });

  const context = (nowSeconds: number): PaperContext => ({
    server: keys.server.pubkey,
    session: keys.client.pubkey,
    nowSeconds,
  });

  it.each(vectors.grants)('$name', ({ nowSeconds, event, grant, revocation }) => {
    const paper = readPaper(JSON.stringify(event), context(nowSeconds));
    expect(paper).toEqual({ event, identity: keys.identity.pubkey, ...(grant ? { grant } : { revocation }) });
    const template = grant
      ? grantTemplate(grant)
      : revocationTemplate(revocation ?? { server: '', before: 0 });
    expect(template).toEqual({
      ...template,
      kind: event.kind,
      created_at: event.created_at,
      tags: event.tags,
    });
  });

  it.each(vectors.badGrants)('grant that is refused: $name', ({ nowSeconds, event, code }) => {
    expect(() => readPaper(JSON.stringify(event), context(nowSeconds))).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it.each(vectors.successors)('successor $name', ({ nowSeconds, event, succession }) => {
    expect(readSuccessor(event, keys.server.pubkey, nowSeconds)).toEqual(succession);
    expect(event).toMatchObject(successorTemplate(succession));
  });

  it.each(vectors.badSuccessors)('successor that is refused: $name', ({ nowSeconds, event, code }) => {
    expect(() => readSuccessor(event, keys.server.pubkey, nowSeconds)).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it('a large message is its parts one behind the other', () => {
    const parts = vectors.frames.filter(({ name }) => name.endsWith('part of a large message'));
    const text = parts.map(({ frame }) => frame.content).join('');
    expect(parseMessage(text)).toMatchObject({ id: 7, params: { arguments: { text: 'ä"\\€\u{1f600}' } } });
    expect(parts.map(({ frame }) => frame.part?.totalBytes)).toEqual(parts.map(() => utf8Bytes(text)));
  });

  it.each(vectors.badContents)('content that is refused: %j', (content) => {
    expect(() => splitMessages(content).map(parseMessage)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^bad_json/) }),
    );
  });
});
