import {
  encodeFrame,
  generateSecretKey,
  getPublicKey,
  type JsonRpcMessage,
  type LinkTag,
  type NostrEvent,
  parseLinkTag,
  signEvent,
} from '@mcp-nostr/core';
import type { Endpoint, IncomingFrame } from '@mcp-nostr/transport';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { ClientConnection } from './client-connection.ts';
import { limits } from './limits.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const [serverKey, clientKey] = [generateSecretKey(), generateSecretKey()];
const [server, me] = [getPublicKey(serverKey), getPublicKey(clientKey)];
const instance = 'a'.repeat(16);
const START = 1_700_000_000;
const hello: JsonRpcMessage = { jsonrpc: '2.0', id: 1, method: 'initialize' };

/** A connection over an endpoint that publishes to nowhere; the signer answers after `signMs`. */
function open(signMs = 0) {
  vi.setSystemTime(START * 1000);
  const published: NostrEvent[] = [];
  const endpoint = {
    nowSeconds: () => Math.floor(Date.now() / 1000),
    sign: vi.fn<Endpoint['sign']>(async (frame, recipient, createdAt) => {
      if (signMs > 0) await new Promise((resolve) => setTimeout(resolve, signMs));
      return signEvent(encodeFrame(frame, recipient, createdAt), clientKey);
    }),
    publish: vi.fn<Endpoint['publish']>(async (event) => {
      published.push(event);
      return 'accepted';
    }),
  };
  const connection = new ClientConnection({
    endpoint: endpoint as unknown as Endpoint,
    server,
    encrypted: true,
    describe: () => ({ server: 'the server', relays: 'ws://relay' }),
    onmessage: () => {},
    oncarried: () => {},
    onerror: (error) => {
      throw error;
    },
    onlost: () => {},
  });
  /** A frame of the server, of its own time. */
  const hear = (link: Partial<LinkTag>, createdAt = START): void => {
    const tag: LinkTag = { connection: connection.id, acknowledged: 0, instance, ...link };
    const event = signEvent(encodeFrame({ link: tag, messages: [] }, me, createdAt), serverKey);
    connection.receive({
      event,
      link: tag,
      requestEvent: undefined,
      encrypted: true,
      relay: 'ws://relay',
      isRepeat: false,
    } satisfies IncomingFrame);
  };
  const send = () => {
    const fate: { outcome?: string; error?: unknown } = {};
    connection.send(hello).then(
      () => Object.assign(fate, { outcome: 'sent' }),
      (error: unknown) => Object.assign(fate, { error }),
    );
    return fate;
  };
  const controls = (): (string | undefined)[] => published.map(({ tags }) => parseLinkTag(tags).control);
  return { connection, endpoint, published, hear, send, controls };
}

describe('a person who takes longer than the time for an opening to allow the signature', () => {
  const signMs = limits.openTimeoutMs * 3;

  it('is asked once, and the connection opens', async () => {
    const { endpoint, published, hear, send } = open(signMs);
    const fate = send();
    await vi.advanceTimersByTimeAsync(signMs - 1);
    expect([endpoint.sign.mock.calls.length, published.length, fate]).toEqual([1, 0, {}]);
    await vi.advanceTimersByTimeAsync(1);
    expect(published).toHaveLength(1);
    hear({ control: 'ack', detail: 'x' });
    await vi.advanceTimersByTimeAsync(limits.openTimeoutMs * 2);
    expect(fate).toEqual({ outcome: 'sent' });
    expect(endpoint.sign).toHaveBeenCalledTimes(1);
  });

  it('has the silence of the server counted from when there was something to answer', async () => {
    const { published, send } = open(signMs);
    const fate = send();
    await vi.advanceTimersByTimeAsync(signMs + limits.openTimeoutMs - 1);
    expect([published.length, fate]).toEqual([1, {}]);
    await vi.advanceTimersByTimeAsync(1);
    expect(fate.error).toMatchObject({ code: 'server_silent' });
  });
});

describe('an opening', () => {
  it('that failed is followed by a farewell: the server may have opened', async () => {
    const { connection, send, controls } = open();
    const fate = send();
    await vi.advanceTimersByTimeAsync(limits.openTimeoutMs);
    expect(fate.error).toMatchObject({ code: 'server_silent' });
    expect(connection.isOver).toBe(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(controls().at(-1)).toBe('bye');
    expect(controls().filter((control) => control === 'bye')).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that never left is followed by nothing', async () => {
    const { endpoint, published, send } = open();
    endpoint.sign.mockRejectedValueOnce(new Error('the user said no'));
    const fate = send();
    await vi.advanceTimersByTimeAsync(limits.openTimeoutMs);
    expect(fate.error).toMatchObject({
      code: 'signer_failed',
      message: 'the signer refused: the user said no',
    });
    expect(published).toEqual([]);
  });
});

describe('a server that refuses our clock', () => {
  const serverTime = START + 300;
  const refuse = { control: 'refuse', detail: 'clock' } as const;

  /** Two openings are on their way when the first of them is refused: a third goes out with the server's time. */
  async function restamped() {
    const given = open();
    const fate = given.send();
    await vi.advanceTimersByTimeAsync(limits.openRetryMs);
    expect(given.published).toHaveLength(2);
    given.hear(refuse, serverTime);
    await vi.advanceTimersByTimeAsync(0);
    expect(given.published[2]?.created_at).toBe(serverTime);
    return { ...given, fate };
  }

  it('is heard out where its refusal is of an opening that was on its way with the old time', async () => {
    const { hear, published, fate } = await restamped();
    hear({ ...refuse }, serverTime);
    await vi.advanceTimersByTimeAsync(0);
    expect(fate).toEqual({});
    expect(published).toHaveLength(3);
    hear({ control: 'ack', detail: 'x' }, serverTime);
    await vi.advanceTimersByTimeAsync(0);
    expect(fate).toEqual({ outcome: 'sent' });
  });

  it('is believed where it refuses its own time too', async () => {
    const { hear, fate } = await restamped();
    hear(refuse, serverTime);
    hear(refuse, serverTime);
    await vi.advanceTimersByTimeAsync(0);
    expect(fate.error).toMatchObject({
      code: 'not_allowed',
      message: expect.stringContaining('set the wrong one'),
    });
  });
});
