import { NostrClientTransport } from '@mcp-nostr/client';
import { type FailureCode, formatAddress, generateSecretKey, getPublicKey } from '@mcp-nostr/core';
import { startRelay } from '@mcp-nostr/relay';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { limits } from '../../packages/transport/src/limits.ts';
import { CarelessRelay } from '../helpers/careless-relay.ts';
import { deadRelayUrl } from '../helpers/dead-relay.ts';
import { type Leg, oneRelayLegs } from '../helpers/legs.ts';
import { World } from '../helpers/world.ts';

interface Failure {
  error: unknown;
  afterMs: number;
}

interface Case {
  readonly what: string;
  readonly code: FailureCode;
  /** How the relays are to which a client connects. */
  readonly relays?: readonly ('mute' | 'quiet' | 'dead')[];
  /** Or what goes away once a client is connected. */
  readonly goesAway?: 'relays' | 'server';
}

const cases: readonly Case[] = [
  { what: 'the relay says that nobody listens', code: 'server_silent', relays: ['mute'] },
  { what: 'both relays say that nobody listens', code: 'server_silent', relays: ['mute', 'mute'] },
  { what: 'the relay takes everything and nobody answers', code: 'server_silent', relays: ['quiet'] },
  { what: 'the relay cannot be reached', code: 'relays_unreachable', relays: ['dead'] },
  { what: 'neither of two relays can be reached', code: 'relays_unreachable', relays: ['dead', 'dead'] },
  { what: 'one relay is mute and one is down', code: 'server_silent', relays: ['mute', 'dead'] },
  { what: 'one relay is quiet and one is mute', code: 'server_silent', relays: ['quiet', 'mute'] },
  { what: 'the server went away without a word', code: 'server_silent', goesAway: 'server' },
  { what: 'the relays went away', code: 'relays_unreachable', goesAway: 'relays' },
];
const all = oneRelayLegs.flatMap((leg) => cases.map((each) => ({ ...each, leg, form: leg.encryption })));

async function failureOf(request: Promise<unknown>): Promise<Failure> {
  const since = performance.now();
  const error = await request.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { error, afterMs: performance.now() - since };
}

/** What a host gets when it connects to a server that is not there. */
function connect(relays: string[], encryption: Leg['encryption']): Promise<unknown> {
  const server = formatAddress({ pubkey: getPublicKey(generateSecretKey()), relays });
  const client = new Client({ name: 'test', version: '1' });
  return client.connect(new NostrClientTransport({ server, encryption }));
}

describe('a server that is not there', () => {
  const closers: (() => Promise<void>)[] = [];
  const begun = new Map<Case, { urls: string[]; failure: Promise<Failure> }>();

  async function beginConnecting(given: (typeof all)[number]): Promise<void> {
    const urls = await Promise.all(
      (given.relays ?? []).map(async (kind) => {
        if (kind === 'dead') return deadRelayUrl();
        const relay = await (kind === 'mute' ? startRelay() : CarelessRelay.open());
        closers.push(() => relay.close());
        return relay.url;
      }),
    );
    begun.set(given, { urls, failure: failureOf(connect(urls, given.form)) });
  }

  async function beginCalling(given: (typeof all)[number]): Promise<void> {
    const world = await new World(given.leg).open();
    closers.push(() => world.close());
    const { client, states } = await world.connect();
    const urls = world.relayUrls;
    const lost = states.next(({ status }) => status === 'waiting');
    if (given.goesAway === 'relays') await Promise.all(world.relays.map((relay) => relay.close()));
    // While there is no relay its farewell reaches nobody.
    else await world.restartRelay(0, () => world.server.close());
    // Of what is written to a connection that is going nobody can say that it did not arrive.
    await lost;
    begun.set(given, { urls, failure: failureOf(client.callTool({ name: 'who' })) });
  }

  // Each relay here has a word for every event. One that comes late must not count as none: whoever is said to have taken
  // a call may have executed it.
  const { okTimeoutMs } = limits;
  beforeAll(() => void Object.assign(limits, { okTimeoutMs: 60_000 }));
  afterAll(() => void Object.assign(limits, { okTimeoutMs }));

  // All cases wait for time to pass: begun together, they take no longer than one.
  beforeAll(async () => {
    await Promise.all(
      all.map((each) => (each.goesAway === undefined ? beginConnecting(each) : beginCalling(each))),
    );
  });
  afterAll(async () => {
    await Promise.all(closers.map((close) => close()));
  });

  it.each(all)('is reported within 15 s when $what ($form)', async (given) => {
    const { urls = [], failure } = begun.get(given) ?? {};
    const { error, afterMs } = (await failure) ?? {};
    expect(error).toMatchObject({ data: { code: given.code } });
    expect(afterMs).toBeLessThan(15_000);
    for (const [index, url] of urls.entries()) {
      expect(String(error)).toContain(url);
      const isDead = given.relays?.[index] === 'dead' || given.goesAway === 'relays';
      if (isDead) expect(String(error)).toContain('ECONNREFUSED');
    }
  });
});
