import { type NostrEvent, parseLinkTag, randomHex, type Signer, unwrapEvent } from '@mcp-nostr/core';
import { expect } from 'vitest';

import { type Craft, dress, Forger, initialize } from './forger.ts';
import type { Leg } from './legs.ts';
import { Recorder } from './recorder.ts';
import { type Connected, sharedWorld } from './world.ts';

/** Why bytes from outside were not taken, of an error that was reported or its cause. */
export function decodeCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.name === 'DecodeError' && 'code' in error) return String(error.code);
  return decodeCode(error.cause);
}

/** A world whose relays check nothing, so that everything arrives, and what it takes to attack it. */
export function hostileWorld(leg: Leg) {
  const traffic = new Recorder<NostrEvent>('an event');
  const world = sharedWorld(leg, undefined, {
    careless: (event) => {
      traffic.add(event);
      return [0];
    },
  });
  const { executions } = world.fixture;
  const { items: instances } = world.fixture.opened;
  const isEncrypted = leg.encryption === 'required';

  function inject(event: NostrEvent, encrypted: boolean = isEncrypted): void {
    const { pubkey } = world.server;
    world.inject(dress(event, pubkey, encrypted), pubkey);
  }

  /** The honest client is served as before; what was injected before has been dealt with. */
  async function expectUnharmed({ client, errors }: Connected): Promise<void> {
    const key = randomHex(4);
    await client.callTool({ name: 'count', arguments: { key } });
    expect(executions.get(key)).toBe(1);
    expect(executions.get('hostile')).toBeUndefined();
    expect(errors.items).toEqual([]);
  }

  /** Why the server dropped what was injected, having made nothing of it and served the honest as before. */
  async function refusalOf(attack: () => void): Promise<string | undefined> {
    const honest = await world.connect();
    const before = instances.length;
    const reported = world.served.errors.next((error) => decodeCode(error) !== undefined);
    attack();
    const code = decodeCode(await reported);
    await expectUnharmed(honest);
    expect(instances).toHaveLength(before);
    return code;
  }

  const crafted = (craft: Craft): NostrEvent => new Forger().craft(world.server.pubkey, craft);

  /** What the server first said to this key. */
  async function answerTo(signer: Signer): Promise<NostrEvent> {
    const pubkey = await signer.getPublicKey();
    const event = await traffic.first(({ tags }) => tags.some(([, value]) => value === pubkey));
    return isEncrypted ? unwrapEvent(event, signer) : event;
  }

  /** The server's process, as whoever has a connection knows it. */
  async function instanceHeardBy(signer: Signer): Promise<string> {
    return parseLinkTag((await answerTo(signer)).tags).instance;
  }

  /** Opens a connection by hand; gives the server's instance. */
  async function open(forger: Forger): Promise<string> {
    inject(forger.craft(world.server.pubkey, { messages: [initialize] }));
    return instanceHeardBy(forger.signer);
  }

  return {
    world,
    executions,
    instances,
    isEncrypted,
    inject,
    crafted,
    expectUnharmed,
    refusalOf,
    answerTo,
    instanceHeardBy,
    open,
  };
}
