import type { Frame, NostrEvent } from '@mcp-nostr/core';
import { type Mock, vi } from 'vitest';

import { Courier } from './courier.ts';
import type { Endpoint } from './endpoint.ts';
import type { TransportError } from './errors.ts';
import type { Link } from './link/link.ts';
import type { Outgoing } from './link/traffic.ts';
import type { PublishOutcome } from './relay-publisher.ts';

export const PEER: string = 'p'.repeat(64);
export const event: NostrEvent = {
  id: 'e',
  pubkey: '',
  sig: '',
  kind: 0,
  created_at: 0,
  tags: [],
  content: '',
};
export const sent: Outgoing['sent'] = {
  sequence: 0,
  content: { content: '', messages: [], isWhole: true, hasRequest: false, bytes: 0 },
  patienceMs: 0,
  event,
  sentAt: 0,
  attempts: 1,
  inVain: 0,
  losses: 0,
  isHeld: false,
};

interface World {
  link: {
    signed: Mock<(event: NostrEvent) => boolean>;
    unsigned: Mock<(error: TransportError) => void>;
    published: Mock<(frame: unknown, outcome: string) => void>;
    refused: Mock<(frame: unknown, error: TransportError) => void>;
  };
  queue: Outgoing[];
  source: { poll: Mock<() => Outgoing | undefined>; wakeAt: number; clockOffsetSeconds: number };
  endpoint: {
    relayCount: number;
    nowSeconds: () => number;
    sign: Mock<(frame: Frame, peer: string, createdAt: number) => Promise<NostrEvent>>;
    publish: Mock<
      (
        event: NostrEvent,
        peer: string,
        encrypted: boolean,
        options?: { relay?: string; signal?: AbortSignal },
      ) => Promise<PublishOutcome>
    >;
  };
  onerror: Mock<(error: unknown) => void>;
  courier: Courier;
  frame: (content?: string) => Frame;
  out: (more?: Partial<Outgoing>) => Outgoing;
  run: () => Promise<void>;
}

/** A courier between a link that notes what it is told and an endpoint that takes everything. */
export function make(): World {
  const link: World['link'] = {
    signed: vi.fn(() => true),
    unsigned: vi.fn(),
    published: vi.fn(),
    refused: vi.fn(),
  };
  const queue: Outgoing[] = [];
  const source: World['source'] = {
    poll: vi.fn(() => queue.shift()),
    wakeAt: Infinity,
    clockOffsetSeconds: 0,
  };
  const endpoint: World['endpoint'] = {
    relayCount: 2,
    nowSeconds: () => 1_000,
    sign: vi.fn(async (_frame, _peer, createdAt) => ({ ...event, created_at: createdAt })),
    publish: vi.fn(async () => 'accepted' as const),
  };
  const onerror: World['onerror'] = vi.fn();
  const courier = new Courier({
    endpoint: endpoint as unknown as Endpoint,
    peer: PEER,
    encrypted: true,
    source,
    onerror,
  });
  const frame = (content = ''): Frame => ({
    link: { connection: '', sequence: 0, acknowledged: 0, instance: '' },
    content,
  });
  const out = (more: Partial<Outgoing> = {}): Outgoing => ({
    from: link as unknown as Link,
    notBefore: 0,
    toAll: false,
    sent,
    ...(more.event === undefined ? { frame: frame() } : {}),
    ...more,
  });
  const run = async (): Promise<void> => {
    courier.kick();
    await vi.advanceTimersByTimeAsync(1);
  };
  return { link, queue, source, endpoint, onerror, courier, out, frame, run };
}
