import { setImmediate } from 'node:timers/promises';

import { type JsonRpcMessage, metaKeys, type NostrEvent } from '@mcp-nostr/core';
import type { BareMessage } from '@mcp-nostr/core/contextvm';
import { type Endpoint, type Form, UnfinishedMessages } from '@mcp-nostr/transport';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { outcomes, SessionWorld } from '../session-world.test.support.ts';
import { FirstContact } from './first-contact.ts';

interface Published {
  readonly message: BareMessage;
  readonly createdAt: number;
  readonly form: Form;
}

/** A session over links that nobody answers, and what finds out why. */
class Scene {
  readonly world = new SessionWorld();
  readonly published: Published[] = [];
  readonly delivered: JsonRpcMessage[] = [];
  /** What relays have stored of the server. */
  stored: Pick<NostrEvent, 'tags' | 'created_at'>[] = [];
  hearsStored = false;
  readonly contact: FirstContact;
  #told = 0;
  #events = 0;

  constructor(options: { isSessionKey?: boolean; isEncrypted?: boolean } = {}) {
    this.world.fate = () => 'drop';
    const signed = new Map<string, { message: BareMessage; createdAt: number }>();
    const endpoint = {
      relays: [],
      relayCount: 1,
      frameBytes: 40_960,
      isReachable: true,
      nowSeconds: () => 1_000,
      hearStored: () => {
        this.hearsStored = true;
      },
      signBare: async (message: BareMessage, _: string, createdAt: number) => {
        const id = `bare-${this.#events++}`;
        signed.set(id, { message, createdAt });
        return { id, created_at: createdAt };
      },
      publish: async ({ id }: NostrEvent, _: string, form: Form) => {
        const event = signed.get(id);
        if (event !== undefined) this.published.push({ ...event, form });
        return 'accepted';
      },
      query: async () => this.stored,
    } as unknown as Endpoint;
    this.contact = new FirstContact({
      endpoint,
      peer: '5'.repeat(64),
      isEncrypted: true,
      isSessionKey: false,
      linked: this.world.session,
      unfinished: new UnfinishedMessages(),
      clock: () => this.world.now,
      describe: () => ({ server: 'the server', relays: 'wss://one' }),
      onmessage: (message) => this.delivered.push(message),
      onerror: () => {},
      ...options,
    });
    onTestFinished(() => this.contact.close());
  }

  /** Time goes by, and what has left is told. */
  async run(durationMs: number): Promise<void> {
    this.world.run(durationMs);
    const own = this.world.packets.filter(({ from }) => from === 'client');
    for (const { event, frame } of own.slice(this.#told)) this.contact.signed(event, frame);
    this.#told = own.length;
    await setImmediate();
  }

  /** Of what has left without a link. */
  get methods(): unknown[] {
    return this.published.map(({ message }) => JSON.parse(message.content).method);
  }

  get openings(): string[] {
    return this.world.packets.filter(({ from }) => from === 'client').map(({ event }) => event.id);
  }

  /** The server says something without link. Returns whether it is heard. */
  say(message: object, requestEvent?: string, tags: string[][] = []): boolean {
    const content = JSON.stringify({ jsonrpc: '2.0', ...message });
    const bare = { requestEvent, tags, content };
    const isHeard = this.contact.accepts(bare);
    const event = { id: `said-${this.#events++}`, created_at: 1_000 } as NostrEvent;
    if (isHeard)
      this.contact.receive({ event, message: bare, bytes: 1, form: 'ephemeral', relay: 'wss://one' });
    return isHeard;
  }
}

describe('a server that answers an opening without a link', () => {
  it('is spoken to without one from then on', async () => {
    const scene = new Scene();
    scene.world.request(0, 'initialize');
    await scene.run(0);
    scene.world.request(1, 'tools/list');
    expect(scene.say({ id: 'x', result: {} }, scene.openings[0])).toBe(true);
    await scene.run(0);
    expect(outcomes(scene.delivered)).toEqual([[0, 'ok']]);
    expect(scene.methods).toEqual(['tools/list']);
    await scene.run(60_000);
    expect(scene.openings).toHaveLength(1);
  });

  it('may answer any of the openings', async () => {
    const scene = new Scene();
    scene.world.request(0, 'initialize');
    await scene.run(3_000);
    expect(scene.say({ id: 0, result: {} }, scene.openings[1])).toBe(true);
    expect(outcomes(scene.delivered)).toEqual([[0, 'ok']]);
  });

  it('may answer what was asked long ago: what was asked since goes again', async () => {
    const scene = new Scene();
    scene.world.request(0, 'initialize');
    await scene.run(20_000);
    scene.world.request(1, 'tools/list');
    await scene.run(0);
    scene.published.length = 0;
    expect(scene.say({ id: 0, result: {} }, scene.openings[0])).toBe(true);
    await scene.run(0);
    expect(scene.methods).toEqual(['tools/list']);
  });

  it('is not believed about what was never asked', async () => {
    const scene = new Scene();
    scene.world.request(0, 'initialize');
    await scene.run(0);
    expect(scene.say({ id: 0, result: {} }, 'another')).toBe(false);
    expect(scene.say({ id: 0, result: {} })).toBe(false);
    expect(scene.contact.conversation).toBeUndefined();
  });

  it('gets no session key in place of the signer', async () => {
    const scene = new Scene({ isSessionKey: true });
    scene.world.request(0, 'initialize');
    await scene.run(0);
    scene.say({ id: 0, result: {} }, scene.openings[0]);
    expect(outcomes(scene.world.delivered)).toEqual([[0, 'not_allowed']]);
    const settled = vi.fn();
    scene.contact.conversation?.send({ jsonrpc: '2.0', id: 1, method: 'ping' }, undefined, settled);
    await scene.run(60_000);
    expect(settled).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'not_allowed' }));
    expect(scene.openings).toHaveLength(1);
  });
});

describe('a server with a link', () => {
  it('is never taken for one without, once it was heard', async () => {
    const scene = new Scene();
    scene.world.fate = () => 'deliver';
    scene.world.request(0, 'initialize');
    await scene.run(0);
    expect(scene.openings).toHaveLength(1);
    await scene.run(100);
    expect(scene.contact.supportTags).toBeUndefined();
    expect(scene.say({ id: 0, result: {} }, scene.openings[0])).toBe(false);
  });

  it('is not taken for one without when it answers a knock before the opening', async () => {
    const scene = new Scene();
    scene.world.request(0, 'initialize');
    await scene.run(600);
    expect(scene.say({ id: 0, result: {} }, 'bare-0', [['support_link', '0'.repeat(16)]])).toBe(true);
    expect(scene.contact.conversation).toBeUndefined();
  });
});

describe('a server that does not answer', () => {
  it('is told what we can do', () => {
    expect(new Scene().contact.supportTags).toEqual([
      ['support_encryption'],
      ['support_encryption_ephemeral'],
      ['support_oversized_transfer'],
      ['support_open_stream'],
    ]);
    expect(new Scene({ isEncrypted: false }).contact.supportTags).toEqual([
      ['support_oversized_transfer'],
      ['support_open_stream'],
    ]);
  });

  it('is knocked at in both kinds of wraps, by a clock that is ahead, and shown no rights', async () => {
    const scene = new Scene();
    scene.world.request(0, 'tools/call');
    await scene.run(400);
    expect(scene.hearsStored).toBe(false);
    await scene.run(200);
    expect(scene.hearsStored).toBe(true);
    expect(scene.published.map(({ form, createdAt }) => [form, createdAt])).toEqual([
      ['ephemeral', 1_030],
      ['stored', 1_030],
    ]);
    const { content, tags } = scene.published[0]?.message ?? { content: '{}', tags: [] };
    expect(JSON.parse(content)).toMatchObject({ method: 'ping' });
    expect(tags).toEqual([
      ...(scene.contact.supportTags ?? []),
      ['support_link'],
      ['salt', expect.any(String)],
    ]);
    await scene.run(60_000);
    expect(scene.published).toHaveLength(6);
  });

  it('is found by its answer to a knock, and gets then what no opening can hold', async () => {
    const scene = new Scene();
    scene.world.request(0, 'tools/call');
    await scene.run(600);
    scene.published.length = 0;
    expect(scene.say({ id: 0, result: {} }, 'bare-0')).toBe(true);
    await scene.run(0);
    expect(scene.methods).toEqual(['tools/call']);
    expect(scene.delivered).toEqual([]);
  });

  it('is asked by a knock what the opening asks, if that does no harm', async () => {
    const scene = new Scene();
    scene.world.request(0, 'initialize');
    await scene.run(600);
    expect(scene.methods).toEqual(['initialize', 'initialize']);
    expect(scene.say({ id: 0, result: {} }, 'bare-0')).toBe(true);
    expect(outcomes(scene.delivered)).toEqual([[0, 'ok']]);
    await scene.run(60_000);
    expect(scene.methods).toHaveLength(2);
  });

  it('is not taken for one of another revision by a knock', async () => {
    const scene = new Scene();
    const said = { [metaKeys.protocolVersion]: '2026-07-28', [metaKeys.clientCapabilities]: {} };
    scene.world.request(0, 'tools/call', { name: 'echo', _meta: { ...said, progressToken: 1 } });
    await scene.run(600);
    expect(JSON.parse(scene.published[0]?.message.content ?? '{}')).toMatchObject({
      method: 'server/discover',
      params: { _meta: said },
    });
  });

  it.each([
    ['plain text only', [['name', 'x']], 'not_encrypted'],
    ['encryption', [['support_encryption']], 'server_silent'],
    ['encryption as servers did once', [['support_encryption', 'true']], 'server_silent'],
    ['a link', [['support_link', '0'.repeat(16)]], 'not_encrypted'],
  ])('fails for the reason that it announces: %s', async (_, tags, code) => {
    const scene = new Scene();
    scene.stored = [{ tags, created_at: 1 }];
    scene.world.request(0, 'initialize');
    await scene.run(2_000);
    await scene.run(20_000);
    expect(outcomes(scene.world.delivered)).toEqual([[0, code]]);
  });
});
