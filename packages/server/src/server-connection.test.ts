import {
  encodeFrame,
  formatMessages,
  generateSecretKey,
  getPublicKey,
  isRequest,
  type JsonRpcMessage,
  type LinkTag,
  parseLinkTag,
  signEvent,
} from '@mcp-nostr/core';
import { type Endpoint, type IncomingFrame, linkLimits } from '@mcp-nostr/transport';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { limits } from './limits.ts';
import type { McpServerFactory } from './mcp-server.ts';
import type { NostrServerTransport } from './nostr-server-transport.ts';
import type { GrantedSession } from './policy.ts';
import { ServerConnection } from './server-connection.ts';
import { Uploads } from './uploads.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const [serverKey, clientKey] = [generateSecretKey(), generateSecretKey()];
const client = getPublicKey(clientKey);
const connectionId = 'c'.repeat(32);
const instance = 'a'.repeat(16);
const NOW = 1_700_000_000;
const ping = (id: number): JsonRpcMessage => ({ jsonrpc: '2.0', id, method: 'ping' });

function incoming(link: Partial<LinkTag>, messages: JsonRpcMessage[], encrypted = true): IncomingFrame {
  const tag: LinkTag = { connection: connectionId, acknowledged: 0, instance: '', ...link };
  const frame = { link: tag, content: formatMessages(messages) };
  const event = signEvent(encodeFrame(frame, getPublicKey(serverKey), NOW), clientKey);
  return { event, frame, bytes: 1_000, encrypted, relay: '', isRepeat: false };
}

/** A connection that was just opened with a ping, and what it publishes: a control, or `frame`. */
function open(
  options: {
    factory?: McpServerFactory;
    sign?: Endpoint['sign'];
    opening?: Partial<LinkTag>;
    session?: GrantedSession;
  } = {},
) {
  const published: string[] = [];
  const openedAt = Date.now();
  const endpoint: Pick<
    Endpoint,
    'relayCount' | 'isReachable' | 'frameBytes' | 'nowSeconds' | 'sign' | 'publish'
  > = {
    relayCount: 1,
    isReachable: true,
    frameBytes: 8_192,
    nowSeconds: () => NOW + Math.floor((Date.now() - openedAt) / 1_000),
    sign:
      options.sign ??
      (async (frame, recipient, createdAt) => signEvent(encodeFrame(frame, recipient, createdAt), serverKey)),
    publish: async ({ tags }) => {
      published.push(parseLinkTag(tags).control ?? 'frame');
      return 'accepted';
    },
  };
  const onended = vi.fn<(received: number, gone: Promise<void>) => void>();
  const onerror = vi.fn<(error: Error) => void>();
  const connection = new ServerConnection({
    endpoint: endpoint as Endpoint,
    caller: { pubkey: client, npub: 'npub1', connectionId, session: options.session },
    permission: { isKnown: true },
    instance,
    encrypted: true,
    unfinished: new Uploads(),
    hosting: { factory: options.factory ?? (() => answering()), onerror },
    onrequest: () => {},
    onended,
  });
  connection.receive(incoming({ sequence: 0, ...options.opening }, [ping(1)]));
  void connection.start(); // it never rejects
  return { connection, published, onended, onerror };
}

/** Answers at once and notes what it was asked. */
function answering(asked: JsonRpcMessage[] = []) {
  return {
    connect: async (transport: NostrServerTransport) => {
      transport.onmessage = (message) => {
        asked.push(message);
        if (isRequest(message))
          transport.send({ jsonrpc: '2.0', id: message.id, result: {} }).catch(() => {}); // the connection may be over
      };
      await transport.start();
    },
    close: async () => {},
  };
}

describe('what answers an opening', () => {
  it('is one event where the MCP server answers at once', async () => {
    const { published } = open();
    await vi.advanceTimersByTimeAsync(linkLimits.openingAckMs * 10);
    expect(published).toEqual(['frame']);
  });

  it('is an ack in time where the MCP server takes long to be made, and its answer later', async () => {
    const { published } = open({
      factory: async () => {
        await new Promise((resolve) => setTimeout(resolve, linkLimits.openingAckMs * 10));
        return answering();
      },
    });
    await vi.advanceTimersByTimeAsync(linkLimits.openingAckMs - 1);
    expect(published).toEqual([]);
    await vi.advanceTimersByTimeAsync(10);
    expect(published).toEqual(['ack']);
    await vi.advanceTimersByTimeAsync(linkLimits.openingAckMs * 10);
    expect(published).toEqual(['ack', 'frame']);
  });
});

describe('a frame in the form that the opening did not choose', () => {
  it('is not executed, and takes no number', async () => {
    const asked: JsonRpcMessage[] = [];
    const { connection } = open({ factory: () => answering(asked) });
    await vi.advanceTimersByTimeAsync(0);
    connection.receive(incoming({ sequence: 1, instance }, [ping(666)], false));
    connection.receive(incoming({ sequence: 1, instance }, [ping(2)]));
    await vi.advanceTimersByTimeAsync(linkLimits.openingAckMs);
    expect(asked).toEqual([ping(1), ping(2)]);
  });
});

describe('a connection that is closed', () => {
  it('says so, and is over when that has left', async () => {
    const { connection, published, onended } = open();
    await vi.advanceTimersByTimeAsync(10);
    await connection.close('server_closed');
    expect(published).toEqual(['frame', 'bye']);
    expect(onended.mock.calls).toEqual([[1, expect.any(Promise)]]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a connection of a session', () => {
  const session: GrantedSession = { pubkey: client, grantedAt: NOW, expiresAt: NOW + 3_600 };
  const identity = 'a'.repeat(64);

  it('ends with its grant, although nobody says anything', async () => {
    const { published, onended } = open({ session });
    await vi.advanceTimersByTimeAsync(3_599_000);
    expect(onended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(onended).toHaveBeenCalledTimes(1);
    expect(published.at(-1)).toBe('bye');
    await vi.advanceTimersByTimeAsync(limits.closeTimeoutMs);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends when it is looked at after a sleep, in which no timer has fired', () => {
    const { connection, onended } = open({ session });
    connection.permit({ isKnown: true }, undefined);
    expect(onended).not.toHaveBeenCalled();
    vi.setSystemTime(Date.now() + 3_600_000);
    connection.permit({ isKnown: true }, undefined);
    expect(onended).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['goes on under a grant that ends later', { expiresAt: NOW + 7_200 }, 0],
    ['goes on where it is for 30 days: no timer overflows', { expiresAt: NOW + 2_592_000 }, 0],
    ['does not, under one that ends sooner', { expiresAt: NOW + 60 }, 1],
    ['does not, under one with other limits', { expiresAt: NOW + 7_200, limits: { scopes: ['a'] } }, 1],
  ])('%s', async (_, over, ends) => {
    const { connection, onended } = open({ session });
    const renewed = { ...session, ...over };
    connection.renew({ pubkey: client, session: renewed });
    expect(connection.caller.session).toBe(ends === 0 ? renewed : session);
    await vi.advanceTimersByTimeAsync(3_599_000);
    expect(onended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(onended).toHaveBeenCalledTimes(ends);
  });

  it('does not become that of another identity', () => {
    const { connection } = open({ session });
    connection.renew({ pubkey: identity, session: { ...session, expiresAt: NOW + 7_200 } });
    connection.renew({ pubkey: client });
    expect(connection.caller).toMatchObject({ pubkey: client, session });
  });
});

describe('a connection that ends while its MCP server is being made', () => {
  it('is gone when that is closed, and not before: it takes room', async () => {
    const server = { connect: vi.fn<() => Promise<void>>(), close: vi.fn(async () => {}) };
    let give: (made: typeof server) => void = () => {};
    const { connection, onended, onerror } = open({
      factory: () => new Promise((resolve) => (give = resolve)),
    });
    await vi.advanceTimersByTimeAsync(0);
    void connection.close('idle');
    const gone = vi.fn<() => void>();
    void onended.mock.calls[0]?.[1].then(gone);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(gone).not.toHaveBeenCalled();
    give(server);
    await vi.advanceTimersByTimeAsync(0);
    expect([gone, server.close, server.connect].map(({ mock }) => mock.calls.length)).toEqual([1, 1, 0]);
    expect(onerror).not.toHaveBeenCalled();
  });

  it('is gone when that has failed, which is said once', async () => {
    let fail: (error: Error) => void = () => {};
    const { connection, onended, onerror } = open({
      factory: () => new Promise((_, reject) => (fail = reject)),
    });
    await vi.advanceTimersByTimeAsync(0);
    void connection.close('idle');
    fail(new Error('no such command'));
    await onended.mock.calls[0]?.[1];
    await vi.advanceTimersByTimeAsync(0);
    expect(onerror).toHaveBeenCalledTimes(1);
  });
});

describe('an opening that breaks the rules', () => {
  it('has no MCP server made for it', async () => {
    const factory = vi.fn(() => answering());
    const { onended } = open({ factory, opening: { acknowledged: 5 } });
    await vi.advanceTimersByTimeAsync(100);
    expect(onended).toHaveBeenCalledTimes(1);
    expect(factory).not.toHaveBeenCalled();
  });
});

describe('a connection whose signer does not answer', () => {
  it('closes when its farewell has had its time', async () => {
    const { connection, onended } = open({ sign: () => new Promise<never>(() => {}) });
    await vi.advanceTimersByTimeAsync(0);
    const closed = vi.fn<() => void>();
    void connection.close('server_closed').then(closed);
    expect(onended).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(limits.closeTimeoutMs - 1);
    expect(closed).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(closed).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
