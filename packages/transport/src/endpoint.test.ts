import {
  encodeFrame,
  generateSecretKey,
  getPublicKey,
  type LinkTag,
  newWrapKey,
  type NostrEvent,
  secretKeySigner,
  signEvent,
  type Signer,
  wrapEvent,
} from '@mcp-nostr/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Courier } from './courier.ts';
import { Endpoint } from './endpoint.ts';
import { limits } from './limits.ts';
import { Link } from './link/link.ts';
import { UnfinishedMessages } from './link/unfinished.ts';
import { RelayPool } from './relay-pool.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const [key, peerKey] = [generateSecretKey(), generateSecretKey()];
const [pubkey, peer] = [getPublicKey(key), getPublicKey(peerKey)];
const own = secretKeySigner(key);
const tag: LinkTag = { connection: 'c'.repeat(32), sequence: 0, acknowledged: 0, instance: '' };
const never = (): Promise<never> => new Promise(() => {});

/** An endpoint whose relay is not there; `deliver` is what it would do with an event of it. */
function open(signer: Signer) {
  let deliver: (event: NostrEvent, relay: string) => void = () => {};
  vi.spyOn(RelayPool.prototype, 'subscribe').mockImplementation((_, onevent) => {
    deliver = onevent;
    return () => {};
  });
  const onframe = vi.fn<(frame: unknown) => void>();
  const ondropped = vi.fn<(error: Error) => void>();
  const endpoint = new Endpoint({
    pubkey,
    signer,
    relays: ['ws://127.0.0.1:9'],
    encryption: 'required',
    accepts: () => true,
    onreach: () => {},
    onframe,
    ondropped,
  });
  endpoint.close();
  return { endpoint, onframe, ondropped, deliver: (event: NostrEvent) => deliver(event, 'ws://relay') };
}

describe('one answer of the signer that is lost', () => {
  it('fails its frame in the end, and the frames behind it are signed', async () => {
    const signEventOnce = vi
      .fn<Signer['signEvent']>((template) => own.signEvent(template))
      .mockImplementationOnce(never);
    const { endpoint } = open({ ...own, signEvent: signEventOnce });
    vi.spyOn(endpoint, 'publish').mockResolvedValue('accepted');
    const link = new Link({
      role: 'server',
      connection: tag.connection,
      instance: 'a'.repeat(16),
      isWrapped: true,
      clock: () => performance.now(),
      random: () => 'x',
      frameBytes: () => 8_192,
      unfinished: new UnfinishedMessages(),
      onmessage: () => false,
      onlost: () => {},
      onend: () => {},
    });
    link.relaysChanged(true, false);
    const courier = new Courier({ endpoint, peer, encrypted: true, source: link, onerror: () => {} });
    const lost = vi.fn<(error?: Error) => void>();
    const next = vi.fn<(error?: Error) => void>();
    for (const onsettled of [lost, next]) {
      link.send({ text: '{}', sort: 'notification', onsettled });
      courier.kick();
      await vi.advanceTimersByTimeAsync(0);
    }
    await vi.advanceTimersByTimeAsync(limits.signerTimeoutMs - 1);
    expect([lost, next].map(({ mock }) => mock.calls.length)).toEqual([0, 0]);
    await vi.advanceTimersByTimeAsync(1);
    courier.close();
    expect(lost.mock.calls).toMatchObject([[{ code: 'signer_failed' }]]);
    expect(next.mock.calls).toEqual([[]]);
  });

  it('holds no place among the decryptions under way for ever', async () => {
    let isSilent = true;
    const decrypt = async (author: string, ciphertext: string): Promise<string> =>
      isSilent ? never() : ((await own.nip44?.decrypt(author, ciphertext)) ?? '');
    const { deliver, onframe, ondropped } = open({ ...own, nip44: { encrypt: never, decrypt } });
    const wrapKey = newWrapKey(pubkey);
    const frame = signEvent(encodeFrame({ link: tag, content: '' }, pubkey, 1_700_000_000), peerKey);
    const wrapped = (): NostrEvent => wrapEvent(frame, pubkey, { key: wrapKey });
    for (let i = 0; i < limits.maxDecrypting; i++) deliver(wrapped());
    isSilent = false;
    deliver(wrapped()); // one too many
    await vi.advanceTimersByTimeAsync(0);
    expect([ondropped.mock.calls.length, onframe.mock.calls.length]).toEqual([1, 0]);
    await vi.advanceTimersByTimeAsync(limits.signerTimeoutMs);
    expect(ondropped).toHaveBeenCalledTimes(1 + limits.maxDecrypting);
    deliver(wrapped());
    await vi.advanceTimersByTimeAsync(0);
    expect(onframe).toHaveBeenCalledTimes(1);
  });
});
