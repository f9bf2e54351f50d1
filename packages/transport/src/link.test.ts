import {
  generateSecretKey,
  getPublicKey,
  type LinkTag,
  parseLinkTag,
  secretKeySigner,
  signEvent,
  type Signer,
} from '@mcp-nostr/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Endpoint } from './endpoint.ts';
import { limits } from './limits.ts';
import { Link } from './link.ts';
import type { IncomingFrame } from './receiver.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const key = generateSecretKey();
const peer = getPublicKey(generateSecretKey());
const ping = { jsonrpc: '2.0' as const, id: 1, method: 'ping' };

/** A link whose relay is not there: what it signs is looked at, and not what arrives. */
function open(signer: Signer = secretKeySigner(key)) {
  const endpoint = new Endpoint({
    pubkey: getPublicKey(key),
    signer,
    relays: ['ws://127.0.0.1:9'],
    encryption: 'none',
    accepts: () => true,
    onframe: () => {},
  });
  endpoint.close();
  const frames: number[] = [];
  const losses: number[][] = [];
  const link: Link = new Link({
    endpoint,
    peer,
    connection: 'c'.repeat(32),
    instance: '',
    encrypted: false,
    onframe: (frame) => {
      frames.push(frame.link.sequence ?? -1);
      if (frame.link.control === 'bye') link.close();
    },
    onloss: (lost) => void losses.push(lost),
  });
  return { link, frames, losses };
}

function incoming(sequence: number, more: Partial<LinkTag> = {}): IncomingFrame {
  const tag: LinkTag = { connection: 'c'.repeat(32), sequence, acknowledged: 0, instance: '', ...more };
  const event = signEvent({ kind: 1, created_at: 0, tags: [], content: '' }, key);
  return { event, link: tag, requestEvent: undefined, encrypted: false, relay: '', isRepeat: false };
}

const sequenceOf = (event: { tags: string[][] }) => parseLinkTag(event.tags).sequence;

describe('what a link sends', () => {
  it('is numbered in the order of the calls; control frames take no number, a farewell does', async () => {
    const { link } = open();
    const sent = await Promise.all([
      link.send([ping]),
      link.sendControl('ack'),
      link.send([ping]),
      link.sendControl('bye', 'closed'),
    ]);
    expect(sent.map(({ event }) => sequenceOf(event))).toEqual([0, undefined, 1, 2]);
  });

  it('leaves no hole in the sequence when a signature fails or a message is too large', async () => {
    const own = secretKeySigner(key);
    const signEventOnce = vi
      .fn<Signer['signEvent']>((template) => own.signEvent(template))
      .mockRejectedValueOnce(new Error('not now'));
    const { link } = open({ ...own, signEvent: signEventOnce });
    const large = { ...ping, params: { text: 'x'.repeat(50_000) } };
    const sendings = [link.send([ping]), link.send([large]), link.send([ping])];
    const [refused, tooLarge, sent] = await Promise.allSettled(sendings);
    expect(refused).toMatchObject({ status: 'rejected', reason: { message: 'not now' } });
    expect(tooLarge).toMatchObject({ status: 'rejected', reason: { code: 'message_too_large' } });
    expect(sent?.status === 'fulfilled' ? sequenceOf(sent.value.event) : undefined).toBe(0);
  });

  it('may fail to arrive without anybody waiting for it', async () => {
    const { link } = open();
    const { published } = await link.send([ping]);
    await vi.advanceTimersByTimeAsync(1000);
    await expect(published).rejects.toMatchObject({ code: 'closed' });
  });
});

describe('what a link receives', () => {
  it('is delivered in order', () => {
    const { link, frames } = open();
    for (const sequence of [1, 0, 0, 2]) link.receive(incoming(sequence));
    expect(frames).toEqual([0, 1, 2]);
  });

  it('waits for a gap and then goes on without it', () => {
    const { link, frames, losses } = open();
    link.receive(incoming(1));
    vi.advanceTimersByTime(limits.gapTimeoutMs - 1);
    expect(frames).toEqual([]);
    vi.advanceTimersByTime(1);
    expect([frames, losses]).toEqual([[1], [[0]]]);
  });

  it('is held up once and not by every gap before it', () => {
    const { link, frames, losses } = open();
    for (const sequence of [1, 3, 5, 7, 8]) link.receive(incoming(sequence));
    vi.advanceTimersByTime(limits.gapTimeoutMs - 1);
    expect(frames).toEqual([]);
    vi.advanceTimersByTime(10);
    expect([frames, losses]).toEqual([
      [1, 3, 5, 7, 8],
      [[0], [2], [4], [6]],
    ]);
  });

  it('waits its own time where a gap before it closes in time', () => {
    const { link, frames, losses } = open();
    link.receive(incoming(1));
    vi.advanceTimersByTime(limits.gapTimeoutMs - 1);
    link.receive(incoming(3));
    link.receive(incoming(0));
    vi.advanceTimersByTime(limits.gapTimeoutMs - 1);
    expect([frames, losses]).toEqual([[0, 1], []]);
    vi.advanceTimersByTime(1);
    expect([frames, losses]).toEqual([[0, 1, 3], [[2]]]);
  });

  it('is nothing after it was closed, not even what was waiting', () => {
    const { link, frames } = open();
    link.receive(incoming(2));
    link.receive(incoming(1, { control: 'bye' }));
    link.receive(incoming(4));
    link.receive(incoming(0));
    link.receive(incoming(3));
    vi.advanceTimersByTime(60_000);
    expect(frames).toEqual([0, 1]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
