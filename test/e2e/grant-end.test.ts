import { createSession, revokeSessions, type Session } from '@mcp-nostr/client';
import { generateSecretKey, getPublicKey } from '@mcp-nostr/core';
import { AccessBook, accessPolicy, type Permission, type Policy, type Revocation } from '@mcp-nostr/server';
import { describe, expect, it } from 'vitest';

import { AskedSigner } from '../helpers/asked-signer.ts';
import type { Leg } from '../helpers/legs.ts';
import { Recorder } from '../helpers/recorder.ts';
import { serveWithKey } from '../helpers/restart.ts';
import { type Connected, newSigner, withWorld, World } from '../helpers/world.ts';

const leg: Leg = { name: 'encrypted', encryption: 'required', relayCount: 1 };

/** A clock that can be set ahead. */
function clock(): { now: () => number; leap: (seconds: number) => void } {
  let offset = 0;
  return {
    now: () => Date.now() + offset,
    leap: (seconds) => {
      offset += seconds * 1000;
    },
  };
}

function count(connected: Connected, key: string): Promise<unknown> {
  return connected.client.callTool({ name: 'count', arguments: { key } });
}

async function codeOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'served',
    (error: { data?: { code?: unknown }; code?: unknown }) => error.data?.code ?? error.code ?? error,
  );
}

/** Relays take nothing that is more than 900 s ahead of their own time. */
const LIFE_SECONDS = 600;

/** A server and a client whose clocks are one, under a session of ten minutes. */
async function withSession(
  run: (given: {
    world: World;
    signer: AskedSigner;
    connected: Connected;
    sessions: Recorder<Session>;
    leap: (seconds: number) => void;
  }) => Promise<void>,
): Promise<void> {
  const signer = new AskedSigner();
  const { now, leap } = clock();
  await withWorld(new World(leg, undefined, { serve: { allow: [signer.pubkey], now } }), async (world) => {
    const session = await createSession(signer, world.server.npub, { expiresInSeconds: LIFE_SECONDS });
    const sessions = new Recorder<Session>('a session');
    const connected = await world.connect({ signer, session, now, onsession: sessions.add });
    await run({ world, signer, connected, sessions, leap });
  });
}

describe.concurrent('a grant that ends soon', () => {
  it('is renewed with one question, and the connection goes on', () =>
    withSession(async ({ world, signer, connected, sessions, leap }) => {
      leap(LIFE_SECONDS * 0.91);
      await count(connected, 'before');
      const { expiresAt } = await sessions.first();
      await count(connected, 'shown');
      leap(LIFE_SECONDS * 0.1);
      await count(connected, 'after');
      expect([...world.fixture.executions.keys()]).toEqual(['before', 'shown', 'after']);
      expect([signer.asked.count, world.fixture.instances.length]).toEqual([2, 1]);
      expect(world.fixture.newest.caller.session?.expiresAt).toBe(expiresAt);
    }));

  it('and whose renewal the signer refuses counts to its end; nobody is asked again before', () =>
    withSession(async ({ world, signer, connected, leap }) => {
      leap(LIFE_SECONDS * 0.91);
      signer.refusal = 'not now';
      for (const key of ['one', 'two', 'three']) await count(connected, key);
      expect(signer.asked.count).toBe(2);
      expect(await connected.errors.first()).toMatchObject({ message: 'the signer refused: not now' });
      leap(LIFE_SECONDS * 0.1);
      expect(await codeOf(count(connected, 'late'))).toBe('signer_failed');
      signer.refusal = undefined;
      await count(connected, 'again');
      expect(world.fixture.executions.has('late')).toBe(false);
    }));
});

describe.concurrent('a grant that has ended', () => {
  it('ends the connection, and the call that finds out is executed once under another', () =>
    withSession(async ({ world, signer, connected, leap }) => {
      const [first] = world.fixture.instances;
      leap(LIFE_SECONDS * 1.1);
      await count(connected, 'after');
      await first?.closes.first();
      expect([signer.asked.count, world.fixture.instances.length]).toEqual([2, 2]);
      expect(world.fixture.executions.get('after')).toBe(1);
      expect(connected.closes.count).toBe(0);
    }));

  it('by the clock of a server that is ahead is replaced at once', () => {
    const signer = new AskedSigner();
    const { now, leap } = clock();
    leap(LIFE_SECONDS * 1.2);
    return withWorld(new World(leg, undefined, { serve: { allow: [signer.pubkey], now } }), async (world) => {
      const session = await createSession(signer, world.server.npub, { expiresInSeconds: LIFE_SECONDS });
      const connected = await world.connect({ signer, session });
      await count(connected, 'there');
      expect(signer.asked.count).toBe(2);
    });
  });

  it('and that nobody renews is the end, for the reason that is true', () => {
    const signer = new AskedSigner();
    const { now, leap } = clock();
    return withWorld(new World(leg, undefined, { serve: { allow: [signer.pubkey], now } }), async (world) => {
      const session = await createSession(signer, world.server.npub, { expiresInSeconds: LIFE_SECONDS });
      const connected = await world.connect({ session, now });
      leap(LIFE_SECONDS);
      expect(await codeOf(count(connected, 'late'))).toBe('grant_expired');
      expect(await codeOf(count(connected, 'later'))).toBe('grant_expired');
      expect(world.fixture.executions.size).toBe(0);
    });
  });
});

describe.concurrent('a revocation', () => {
  it('ends the sessions that it names at once, and nothing opens under them again', () => {
    const [signer, other] = [new AskedSigner(), new AskedSigner()];
    const allow = [signer.pubkey, other.pubkey];
    return withWorld(new World(leg, undefined, { serve: { allow } }), async (world) => {
      const { npub, address } = world.server;
      const sessions = [await createSession(signer, npub), await createSession(signer, npub)];
      const [stolen, kept] = [
        await world.connect({ session: sessions[0] }),
        await world.connect({ session: sessions[1] }),
      ];
      const third = await world.connect({ signer: other });
      const [ended, going] = world.fixture.instances;
      const session = getPublicKey(sessions[0]?.secretKey ?? new Uint8Array());
      await revokeSessions(signer, address, { session });
      await ended?.closes.first();
      expect(await codeOf(stolen.client.ping())).toBe('grant_expired');
      expect(await codeOf(world.connect({ session: sessions[0] }))).toBe('grant_expired');
      await count(kept, 'kept');
      await revokeSessions(signer, address);
      await going?.closes.first();
      expect(await codeOf(kept.client.ping())).toBe('grant_expired');
      await count(third, 'third');
      // One that is granted later is another matter.
      const later = await createSession(signer, npub, { now: () => Date.now() + 2_000 });
      expect(await codeOf(world.connect({ session: later }))).toBe('served');
      expect(signer.asked.items.map((asked) => typeof asked)).toEqual(
        Array.from({ length: 5 }, () => 'object'),
      );
    });
  });

  it('by somebody else revokes nothing, and one of whom the server does not serve is refused', () => {
    const signer = new AskedSigner();
    return withWorld(new World(leg, undefined, { serve: { allow: [signer.pubkey] } }), async (world) => {
      const session = await createSession(signer, world.server.npub);
      const connected = await world.connect({ session });
      const stranger = newSigner();
      expect(await codeOf(revokeSessions(stranger, world.server.address))).toBe('not_allowed');
      const forger = {
        getPublicKey: () => signer.getPublicKey(),
        signEvent: async () => ({
          ...session.grant,
          tags: [
            ['p', world.server.pubkey],
            ['revoke', 'all'],
          ],
        }),
      };
      expect(await codeOf(revokeSessions(forger, world.server.address))).toBe('signer_failed');
      await count(connected, 'still');
      expect(world.fixture.newest.closes.count).toBe(0);
    });
  });

  it('is in the book of who may call, and outlives the server', () => {
    const signer = new AskedSigner();
    let book = new AccessBook();
    book.allow(signer.pubkey, {}, Math.floor(Date.now() / 1000));
    const allow = accessPolicy(() => book);
    return withWorld(new World(leg), async (world) => {
      const { fixture } = world;
      const first = await serveWithKey(world, fixture.create, { allow });
      const server = first.server.address;
      const session = await createSession(signer, server);
      expect(await codeOf(world.connect({ server, session }))).toBe('served');
      await revokeSessions(signer, server);
      book = AccessBook.parse(JSON.stringify(book));
      await first.again(fixture.create);
      expect(await codeOf(world.connect({ server, session }))).toBe('grant_expired');
      const later = await createSession(signer, server, { now: () => Date.now() + 2_000 });
      expect(await codeOf(world.connect({ server, session: later }))).toBe('served');
    });
  });

  it('reaches the policy, which can remember it for longer than a process lives', () => {
    const signer = new AskedSigner();
    const revoked = new Recorder<[string, Revocation]>('a revocation');
    const allow: Policy = {
      permit: () => ({ isKnown: true }),
      revoke: (pubkey, revocation) => revoked.add([pubkey, revocation]),
    };
    return withWorld(new World(leg, undefined, { serve: { allow } }), async (world) => {
      const session = getPublicKey(generateSecretKey());
      await revokeSessions(signer, world.server.address, { session });
      const [, { before }] = await revoked.first();
      expect(revoked.items[0]).toEqual([signer.pubkey, { session, before: expect.any(Number) }]);
      expect(Math.abs(before - Date.now() / 1000)).toBeLessThan(60);
    });
  });
});

describe.concurrent('an invite', () => {
  it('lets the identity in and not the session key, and is not shown again', () => {
    const signer = new AskedSigner();
    const known = new Set<string>();
    const shown: string[] = [];
    const permit = ({ pubkey }: { pubkey: string }): Permission | { code: 'invite_required' } =>
      known.has(pubkey) ? { isKnown: true } : { code: 'invite_required' };
    const allow: Policy = {
      permit,
      redeem: ({ pubkey }, invite) => {
        shown.push(invite);
        if (invite !== 'the invite') return { code: 'invite_expired' };
        known.add(pubkey);
        return { isKnown: true };
      },
    };
    return withWorld(new World(leg, undefined, { serve: { allow } }), async (world) => {
      expect(await codeOf(world.connect({ signer }))).toBe('invite_required');
      expect(await codeOf(world.connect({ signer, invite: 'another' }))).toBe('invite_expired');
      const connected = await world.connect({ signer, invite: 'the invite' });
      expect([...known]).toEqual([signer.pubkey]);
      const before = shown.length;
      const closed = connected.errors.first(({ message }) => message.includes('(closed)'));
      await world.fixture.newest.server.close();
      await closed;
      await count(connected, 'again');
      expect([world.fixture.instances.length, shown.length]).toEqual([2, before]);
    });
  });
});
