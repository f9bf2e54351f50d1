import { encodeFrame, generateSecretKey, getPublicKey, type NostrEvent, signEvent } from '@mcp-nostr/core';
import { describe, expect, it } from 'vitest';

import type { Endpoint } from './endpoint.ts';
import { Link } from './link.ts';
import type { IncomingFrame } from './receiver.ts';

const [key, peerKey] = [generateSecretKey(), generateSecretKey()];
const [me, peer] = [getPublicKey(key), getPublicKey(peerKey)];
const NOW = 1_700_000_000;
const connection = 'c'.repeat(32);

function open(): Link {
  const endpoint: Pick<Endpoint, 'nowSeconds' | 'sign' | 'publish'> = {
    nowSeconds: () => NOW,
    sign: async (frame, recipient, createdAt) => signEvent(encodeFrame(frame, recipient, createdAt), key),
    publish: async () => 'accepted',
  };
  return new Link({
    endpoint: endpoint as Endpoint,
    peer,
    connection,
    instance: '',
    encrypted: false,
    onframe: () => {},
    onloss: () => {},
  });
}

function incoming(sequence: number, createdAt: number): IncomingFrame {
  const link = { connection, sequence, acknowledged: 0, instance: '' };
  const event: NostrEvent = signEvent(encodeFrame({ link, messages: [] }, me, createdAt), peerKey);
  return { event, link, requestEvent: undefined, encrypted: false, relay: '', isRepeat: false };
}

describe('the time of a frame', () => {
  it('is ours, with the offset that the peer asked for', async () => {
    const link = open();
    expect((await link.send([])).event.created_at).toBe(NOW);
    link.clockOffsetSeconds = 30;
    expect((await link.send([])).event.created_at).toBe(NOW + 30);
  });

  it("is never before the peer's newest, whose subscription may begin there", async () => {
    const link = open();
    link.receive(incoming(0, NOW + 50));
    expect((await link.send([])).event.created_at).toBe(NOW + 50);
    expect((await link.sendControl('ack')).event.created_at).toBe(NOW + 50);
    link.receive(incoming(1, NOW - 100)); // one that is older takes nothing back
    expect((await link.send([])).event.created_at).toBe(NOW + 50);
  });

  it('is ours where the peer lags behind', async () => {
    const link = open();
    link.receive(incoming(0, NOW - 100));
    expect((await link.send([])).event.created_at).toBe(NOW);
  });
});
