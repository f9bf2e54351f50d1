import {
  encodeFrame,
  EPHEMERAL_GIFT_WRAP_KIND,
  type EventTemplate,
  generateSecretKey,
  getPublicKey,
  GIFT_WRAP_KIND,
  type NostrEvent,
  secretKeySigner,
  signEvent,
  wrapEvent,
} from '@mcp-nostr/core';
import { encodeBare } from '@mcp-nostr/core/contextvm';
import { describe, expect, it, vi } from 'vitest';

import { type IncomingBare, Receiver, type ReceiverOptions } from './receiver.ts';

const [aliceKey, bobKey] = [generateSecretKey(), generateSecretKey()];
const [alice, bob] = [getPublicKey(aliceKey), getPublicKey(bobKey)];
const PING = '{"jsonrpc":"2.0","id":1,"method":"ping"}';

function bare(fields: Partial<EventTemplate> = {}): NostrEvent {
  const message = { tags: [['support_encryption']], content: PING };
  return signEvent({ ...encodeBare(message, bob, 1_700_000_000), ...fields }, aliceKey);
}

function open(options: Partial<ReceiverOptions> = {}) {
  const messages: IncomingBare[] = [];
  const dropped: string[] = [];
  const onframe = vi.fn<ReceiverOptions['onframe']>();
  const receiver = new Receiver({
    pubkey: bob,
    signer: secretKeySigner(bobKey),
    encryption: 'required',
    accepts: () => true,
    onframe,
    onbare: (each) => void messages.push(each),
    ondropped: (error) => void dropped.push('code' in error ? String(error.code) : error.message),
    ...options,
  });
  const receive = (event: NostrEvent) => receiver.receive(event, 'ws://relay');
  return { messages, dropped, onframe, receive };
}

describe('a message without a link', () => {
  it.each([
    ['ephemeral', EPHEMERAL_GIFT_WRAP_KIND],
    ['stored', GIFT_WRAP_KIND],
  ] as const)('comes in a wrap that relays call %s', async (form, kind) => {
    const { messages, onframe, receive } = open();
    const inner = bare();
    await receive(wrapEvent(inner, bob, { kind }));
    expect(messages).toMatchObject([{ event: inner, form, relay: 'ws://relay' }]);
    expect(messages[0]?.message).toEqual({
      requestEvent: undefined,
      tags: [['support_encryption']],
      content: PING,
    });
    expect(onframe).not.toHaveBeenCalled();
  });

  it('comes once, in whatever forms and however often it travels', async () => {
    const { messages, receive } = open({ encryption: 'optional' });
    const inner = bare();
    for (const kind of [GIFT_WRAP_KIND, EPHEMERAL_GIFT_WRAP_KIND] as const)
      for (let copy = 0; copy < 2; copy++) await receive(wrapEvent(inner, bob, { kind }));
    await receive(inner);
    expect(messages).toHaveLength(1);
  });

  it('comes in plain text only to those who take it, or want to refuse it', async () => {
    const forms = async (options: Partial<ReceiverOptions>): Promise<unknown> => {
      const { messages, dropped, receive } = open(options);
      await receive(bare());
      return messages[0]?.form ?? dropped[0];
    };
    expect(await forms({ encryption: 'required' })).toBe('wrong_kind');
    expect(await forms({ encryption: 'required', hearsPlain: true })).toBe('plain');
    expect(await forms({ encryption: 'optional' })).toBe('plain');
    expect(await forms({ encryption: 'none' })).toBe('plain');
  });

  it('may have a price for each of many tools, but no tags without end', async () => {
    const prices = (count: number): string[][] => [
      ['p', bob],
      ...Array.from({ length: count }, (_, index) => ['cap', `tool:${index}`, '1', 'sats']),
    ];
    const { messages, dropped, receive } = open({ encryption: 'optional' });
    await receive(wrapEvent(bare({ tags: prices(500) }), bob));
    await receive(bare({ tags: prices(501) }));
    await receive(bare({ tags: prices(1_024) }));
    expect(messages.map(({ message }) => message.tags.length)).toEqual([500, 501]);
    expect(dropped).toEqual(['too_large']);
  });

  it('opens no door for frames in plain text', async () => {
    const link = { connection: 'c'.repeat(32), sequence: 0, acknowledged: 0, instance: '' };
    const { dropped, onframe, receive } = open({ hearsPlain: true });
    await receive(bare(encodeFrame({ link, content: PING }, bob, 1)));
    expect(dropped).toEqual(['wrong_kind']);
    expect(onframe).not.toHaveBeenCalled();
  });

  it('is not verified when nobody wants it', async () => {
    const acceptsBare = vi.fn<NonNullable<ReceiverOptions['acceptsBare']>>(() => false);
    const { messages, dropped, receive } = open({ acceptsBare });
    await receive(wrapEvent({ ...bare(), sig: '0'.repeat(128) }, bob));
    expect(acceptsBare).toHaveBeenCalledWith(alice, expect.objectContaining({ content: PING }));
    expect([messages, dropped]).toEqual([[], []]);
  });

  it.each([
    ['that its author has not signed', 'bad_signature', () => ({ ...bare(), sig: '0'.repeat(128) })],
    ['of another kind', 'wrong_kind', () => bare({ kind: 1 })],
    ['for somebody else', 'wrong_recipient', () => bare({ tags: [['p', alice]] })],
  ])('is refused when it is one %s', async (_, code, made) => {
    const { messages, dropped, receive } = open();
    await receive(wrapEvent(made(), bob));
    expect([messages, dropped]).toEqual([[], [code]]);
  });

  it('is no message at all where none are taken', async () => {
    const { dropped, receive } = open({ onbare: undefined });
    await receive(wrapEvent(bare(), bob));
    expect(dropped).toEqual(['bad_link']);
  });
});
