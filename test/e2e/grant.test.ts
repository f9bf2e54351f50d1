import { createSession, NostrClientTransport, type Session } from '@mcp-nostr/client';
import { generateSecretKey, getPublicKey, GRANT_KIND, secretKeySigner } from '@mcp-nostr/core';
import { allowOnly } from '@mcp-nostr/core/filter';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { describe, expect, it } from 'vitest';

import { AskedSigner } from '../helpers/asked-signer.ts';
import type { Leg } from '../helpers/legs.ts';
import { openScriptedRelay } from '../helpers/scripted-relay.ts';
import { calmLegs, serveWithKey } from '../helpers/restart.ts';
import { newSigner, withWorld, World } from '../helpers/world.ts';

const leg: Leg = { name: 'encrypted', encryption: 'required', relayCount: 1 };

/** A server that serves one identity. */
function servedOnly(identity: AskedSigner): World {
  return new World(leg, undefined, { serve: { allow: [identity.pubkey] } });
}

async function whoIs(client: Client): Promise<{ clientId: string; scopes: string[] }> {
  const { content } = await client.callTool({ name: 'who' });
  const [{ text } = { text: '' }] = content as { text: string }[];
  return JSON.parse(text) as { clientId: string; scopes: string[] };
}

/** The code with which somebody is turned away. */
async function refusalOf(world: World, session: Session, server = world.server.address): Promise<unknown> {
  return world.connect({ server, session }).then(
    () => 'served',
    (error: { data?: { code?: unknown } }) => error.data?.code ?? error,
  );
}

describe.concurrent('a session', () => {
  it('is granted with one question, and its key carries the traffic of the identity', () => {
    const signer = new AskedSigner();
    return withWorld(servedOnly(signer), async (world) => {
      const { client } = await world.connect({ signer });
      for (let n = 0; n < 5; n++) await client.callTool({ name: 'count', arguments: { key: 'n' } });
      expect(await whoIs(client)).toMatchObject({ clientId: signer.pubkey });
      expect(signer.asked.items).toEqual([expect.objectContaining({ kind: GRANT_KIND })]);
      const { pubkey, session } = world.fixture.newest.caller;
      expect(pubkey).toBe(signer.pubkey);
      expect(session?.pubkey).not.toBe(signer.pubkey);
    });
  });

  it.each([{}, { identity: 'session' as const }])('is not needed by a key of our own: %j', (options) =>
    withWorld(new World(leg), async (world) => {
      const signer = newSigner();
      const { client } = await world.connect({ signer, ...options });
      expect(await whoIs(client)).toMatchObject({ clientId: await signer.getPublicKey() });
      expect(world.fixture.newest.caller.session === undefined).toBe(options.identity === undefined);
    }),
  );

  it('keeps two programs of one identity apart', () => {
    const signer = new AskedSigner();
    return withWorld(servedOnly(signer), async (world) => {
      const both = await Promise.all([world.connect({ signer }), world.connect({ signer })]);
      const calls = both.map(({ client }, n) =>
        client.callTool({ name: 'echo', arguments: { text: `program ${n}` } }),
      );
      expect(await Promise.all(calls)).toMatchObject([
        { content: [{ text: 'program 0' }] },
        { content: [{ text: 'program 1' }] },
      ]);
      const callers = world.fixture.instances.map(({ caller }) => caller);
      expect(callers.map(({ pubkey }) => pubkey)).toEqual([signer.pubkey, signer.pubkey]);
      expect(new Set(callers.map(({ session }) => session?.pubkey)).size).toBe(2);
      expect(both.flatMap(({ errors }) => errors.items)).toEqual([]);
    });
  });

  it('can be kept, and used by another process without a question', () => {
    const signer = new AskedSigner();
    return withWorld(servedOnly(signer), async (world) => {
      const kept: Session[] = [];
      const first = await world.connect({ signer, onsession: (session) => kept.push(session) });
      await first.client.close();
      const [session] = kept;
      const { client } = await world.connect({ session });
      expect(await whoIs(client)).toMatchObject({ clientId: signer.pubkey });
      expect(signer.asked.count).toBe(1);
    });
  });

  it('is not had when the signer refuses, in its own words; the next attempt asks again', () => {
    const signer = new AskedSigner();
    return withWorld(servedOnly(signer), async (world) => {
      signer.refusal = 'the person said no';
      await expect(world.connect({ signer })).rejects.toMatchObject({
        data: { code: 'signer_failed' },
        message: expect.stringContaining('the person said no'),
      });
      expect(signer.asked.count).toBe(1);
      signer.refusal = undefined;
      await world.connect({ signer });
      expect(signer.asked.count).toBe(2);
    });
  });

  it('narrows what its identity may do, and never widens it', () => {
    const signer = new AskedSigner();
    const permission = { isKnown: true, scopes: ['read', 'write'] };
    const allow = { permit: () => permission };
    return withWorld(new World(leg, undefined, { serve: { allow } }), async (world) => {
      const session = await createSession(signer, world.server.npub, { scopes: ['write', 'admin'] });
      const { client } = await world.connect({ session });
      expect(await whoIs(client)).toMatchObject({ scopes: ['write'] });
    });
  });

  it('has the tools that both its identity and its grant have, in lists and in calls', () => {
    const signer = new AskedSigner();
    const names = [{ tool: allowOnly(['who', 'echo', 'sum']) }];
    const allow = { permit: () => ({ isKnown: true, names }) };
    return withWorld(new World(leg, undefined, { serve: { allow } }), async (world) => {
      const session = await createSession(signer, world.server.npub, {
        tools: ['echo', 'count'],
        prompts: [],
      });
      const { client } = await world.connect({ session });
      expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['echo']);
      expect((await client.listPrompts()).prompts).toEqual([]);
      for (const name of ['sum', 'count'])
        await expect(client.callTool({ name, arguments: { key: 'x', values: [] } })).rejects.toMatchObject({
          message: expect.stringContaining(`Tool ${name} not found`),
        });
      expect(world.fixture.executions.size).toBe(0);
    });
  });
});

describe.concurrent('a grant', () => {
  it('counts at no other server, for no other key, not after its end, and in nobody else’s name', () => {
    const signer = new AskedSigner();
    return withWorld(servedOnly(signer), async (world) => {
      const { server } = await world.serve(world.fixture.create, { allow: [signer.pubkey] });
      const session = await createSession(signer, world.server.npub);
      const stranger = secretKeySigner(generateSecretKey());
      const old = { now: () => Date.now() - 60_000, expiresInSeconds: 59 };
      const forged = await createSession(stranger, world.server.npub);
      const attempts: [session: Session, server?: string][] = [
        [session],
        [session, server.address],
        [{ ...session, secretKey: generateSecretKey() }],
        [await createSession(signer, world.server.npub, old)],
        // The stranger's own signature under the identity's name.
        [{ ...forged, grant: { ...forged.grant, pubkey: signer.pubkey } }],
        [forged],
      ];
      const outcomes: unknown[] = [];
      // In turn: on a slow machine all together take longer than a client waits for a server that it has not heard.
      for (const attempt of attempts) outcomes.push(await refusalOf(world, ...attempt));
      expect(outcomes).toEqual([
        'served',
        ...Array.from({ length: 3 }, () => 'grant_expired'),
        'not_allowed',
        'not_allowed',
      ]);
      expect(world.fixture.instances).toHaveLength(1);
    });
  });

  it('that does not count makes nobody a stranger of a public server', () =>
    withWorld(new World(leg), async (world) => {
      const session = await createSession(newSigner(), world.server.npub);
      expect(await refusalOf(world, { ...session, secretKey: generateSecretKey() })).toBe('grant_expired');
      expect(world.fixture.instances).toHaveLength(0);
    }));

  it('of an identity that is served no more opens nothing', () => {
    const signer = new AskedSigner();
    const allowed = new Set([signer.pubkey]);
    const permit = ({ pubkey }: { pubkey: string }) =>
      allowed.has(pubkey) ? { isKnown: true } : { code: 'not_allowed' as const };
    return withWorld(new World(leg, undefined, { serve: { allow: { permit } } }), async (world) => {
      const session = await createSession(signer, world.server.npub);
      expect(await refusalOf(world, session)).toBe('served');
      allowed.clear();
      expect(await refusalOf(world, session)).toBe('not_allowed');
      // A session key that is itself somebody may come as itself.
      allowed.add(getPublicKey(session.secretKey));
      const { client } = await world.connect({ signer: secretKeySigner(session.secretKey) });
      expect(await whoIs(client)).toMatchObject({ clientId: getPublicKey(session.secretKey) });
    });
  });

  it('whose session key is denied counts no more, whoever the identity is', () => {
    const signer = new AskedSigner();
    return withWorld(new World(leg), async (world) => {
      const session = await createSession(signer, world.server.npub);
      const denied = getPublicKey(session.secretKey);
      const { server } = await world.serve(world.fixture.create, {
        allow: {
          permit: (applicant) =>
            applicant.session?.pubkey === denied ? { code: 'not_allowed' } : { isKnown: true },
        },
      });
      const there = { ...(await createSession(signer, server.npub, { secretKey: session.secretKey })) };
      expect(await refusalOf(world, there, server.address)).toBe('grant_expired');
    });
  });
});

describe.concurrent.each(calmLegs)('a session, $name', (calmLeg) => {
  it('outlives its server without a question', () => {
    const signer = new AskedSigner();
    return withWorld(new World(calmLeg), async (world) => {
      const { fixture } = world;
      const first = await serveWithKey(world, fixture.create, { allow: [signer.pubkey] });
      const { client, closes } = await world.connect({ signer, server: first.server.address });
      const second = await first.again(fixture.create);
      // A tool call that was on its way to the first one might have been executed there.
      await client.listTools();
      await client.callTool({ name: 'count', arguments: { key: 'after' } });
      expect(fixture.executions.get('after')).toBe(1);
      expect(second.server.connections).toBe(1);
      expect(fixture.newest.caller.pubkey).toBe(signer.pubkey);
      expect([signer.asked.count, closes.count]).toEqual([1, 0]);
    });
  });

  it('outlives its relay without a question', () => {
    const signer = new AskedSigner();
    return withWorld(new World(calmLeg, undefined, { serve: { allow: [signer.pubkey] } }), async (world) => {
      const { client } = await world.connect({ signer });
      await world.restartRelay(0);
      await client.callTool({ name: 'count', arguments: { key: 'after' } });
      expect([world.fixture.instances.length, signer.asked.count]).toEqual([1, 1]);
    });
  });
});

it('a relay that asks who we are is told by the session key, without a question', async () => {
  const signer = new AskedSigner();
  const relay = await openScriptedRelay({ demandsAuth: ['REQ', 'EVENT'] });
  await withWorld(new World(leg), async (world) => {
    const { server } = await world.serve(world.fixture.create, {
      relays: [relay.url],
      allow: [signer.pubkey],
    });
    const { client } = await world.connect({ signer, server: server.address });
    expect(await whoIs(client)).toMatchObject({ clientId: signer.pubkey });
    expect(relay.log.filter((line) => line === 'AUTH ok')).toHaveLength(2);
    expect(signer.asked.count).toBe(1);
  });
});

it('a relay sees nothing of the identity', async () => {
  const signer = new AskedSigner();
  const relay = await openScriptedRelay();
  await withWorld(new World(leg), async (world) => {
    const { server } = await world.serve(world.fixture.create, {
      relays: [relay.url],
      allow: [signer.pubkey],
    });
    const { client } = await world.connect({ signer, server: server.address });
    await whoIs(client);
    expect(relay.events.length).toBeGreaterThan(2);
    expect(JSON.stringify([relay.events, relay.filters])).not.toContain(signer.pubkey);
  });
});

it('an invite is not sent in plain text', () => {
  const options = {
    server: getPublicKey(generateSecretKey()),
    invite: 'secret',
    encryption: 'none' as const,
  };
  expect(() => new NostrClientTransport(options)).toThrow(expect.objectContaining({ code: 'not_encrypted' }));
});
