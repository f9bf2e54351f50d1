import {
  EPHEMERAL_GIFT_WRAP_KIND,
  generateSecretKey,
  getPublicKey,
  GIFT_WRAP_KIND,
  MESSAGE_KIND,
  type NostrEvent,
} from '@mcp-nostr/core';
import { afterEach, describe, expect, it, vi } from 'vitest';

import type { BareClient } from '../helpers/bare-client.ts';
import { largeCall, upload, uploadFrame, uploadFrames } from '../helpers/bare-upload.ts';
import { type BareWorld, withBareWorld } from '../helpers/bare-world.ts';
import { digest, pattern, Workload } from '../helpers/workload-server.ts';

/** A world whose server measures what it is sent. */
function withWorkload(run: (world: BareWorld, workload: Workload) => Promise<void>): Promise<void> {
  const workload = new Workload();
  return withBareWorld((world) => run(world, workload), {}, workload.create);
}

/** The client's large message arrives whole. */
async function expectMeasured(client: BareClient, end: NostrEvent, sent: string): Promise<void> {
  const { message } = await client.answerTo(end.id);
  expect(message).toMatchObject({ result: { content: [{ text: digest(sent) }] } });
}

describe('uploads of clients of ContextVM', () => {
  it('under one and the same token do not disturb each other', () =>
    withWorkload(async (world, workload) => {
      const clients = [world.bare(), world.bare()];
      const texts = clients.map((_, index) => pattern(60_000 + index, `of ${index}`));
      const all = texts.map((each, index) => uploadFrames(largeCall(`large ${index}`, each, '1'), '1'));
      const ends: NostrEvent[] = [];
      // A frame of each in turn.
      for (let at = 0; at < (all[0]?.length ?? 0); at++) {
        for (const [index, client] of clients.entries()) {
          const frame = all[index]?.[at];
          if (frame !== undefined) ends[index] = client.say(frame);
        }
      }
      for (const [index, client] of clients.entries()) {
        const end = ends[index];
        if (end !== undefined) await expectMeasured(client, end, texts[index] ?? '');
      }
      expect(workload.executed.items.toSorted()).toEqual(['large 0', 'large 1']);
    }));

  it('are neither ended nor changed by a stranger who has guessed the token', () =>
    withWorkload(async (world, workload) => {
      const [honest, stranger] = [world.bare(), world.bare()];
      const sent = pattern(60_000, 'honest');
      const frames = uploadFrames(largeCall('honest', sent, '1'), '1');
      const attacks = [
        uploadFrame('1', 3, 'chunk', { data: 'x'.repeat(8_000) }),
        uploadFrame('1', 4, 'abort', { reason: 'stop' }),
        uploadFrame('1', 5, 'end'),
        frames[0] ?? uploadFrame('1', 1, 'start'),
      ];
      let end: NostrEvent | undefined;
      for (const [index, frame] of frames.entries()) {
        end = honest.say(frame);
        const attack = attacks[index % attacks.length];
        if (attack !== undefined) stranger.say(attack);
      }
      if (end !== undefined) await expectMeasured(honest, end, sent);
      expect(workload.executed.items).toEqual(['honest']);
    }));

  it('are not kept waiting by strangers who begin many and finish none', () =>
    withWorkload(async (world, workload) => {
      for (let who = 0; who < 3; who++) {
        const stranger = world.bare();
        for (let n = 0; n < 30; n++) {
          const token = `${who} ${n}`;
          const [start] = uploadFrames(largeCall('never', 'x', token), token, { totalBytes: 100_000_000 });
          if (start !== undefined) stranger.say(start);
        }
      }
      const honest = world.bare();
      const sent = pattern(100_000, 'honest');
      await expectMeasured(honest, upload(honest, largeCall('honest', sent, '1'), '1'), sent);
      expect(workload.executed.items).toEqual(['honest']);
    }));

  it('of more than was declared come to nothing', () =>
    withWorkload(async (world, workload) => {
      const stranger = world.bare();
      upload(stranger, largeCall('false', pattern(100_000, 'false'), '1'), '1', { totalBytes: 10 });
      const wrong = `sha256:${'0'.repeat(64)}`;
      upload(stranger, largeCall('wrong', pattern(50_000, 'wrong'), '2'), '2', { digest: wrong });
      const honest = world.bare();
      const sent = pattern(50_000, 'honest');
      await expectMeasured(honest, upload(honest, largeCall('honest', sent, '1'), '1'), sent);
      expect(workload.executed.items).toEqual(['honest']);
    }));
});

describe('a flood', () => {
  afterEach(() => void vi.useRealTimers());

  it('of more keys than there are places evicts nobody for whom work is under way', () => {
    // Only the clock of the bounds, so that they fill up again at once.
    vi.useFakeTimers({ toFake: ['performance'] });
    return withBareWorld(
      async (world) => {
        const honest = world.bare();
        await honest.initialize();
        const { id } = honest.say({
          jsonrpc: '2.0',
          id: 1,
          method: 'tools/call',
          params: { name: 'wait', arguments: { name: 'honest' } },
        });
        await world.fixture.started.first((name) => name === 'honest');
        const list = { jsonrpc: '2.0' as const, id: 1, method: 'tools/list' };
        for (let n = 0; n < 100; n++) world.bare().say(list);
        await honest.ask('ping');
        // The last of them is answered too, if only with the reason why not.
        vi.advanceTimersByTime(60_000);
        const last = world.bare();
        await last.answerTo(last.say(list).id);
        expect(world.server.connections).toBeLessThanOrEqual(10);
        world.fixture.release('honest');
        expect(JSON.stringify((await honest.answerTo(id)).message)).toContain('waited for honest');
        expect(world.fixture.aborted.items).toEqual([]);
      },
      { maxConnections: 10 },
    );
  });

  it('of garbage in gift wraps and out of them keeps nobody from being served who may call', async () => {
    const known = generateSecretKey();
    await withBareWorld(
      async (world) => {
        const { pubkey } = world.server;
        const honest = world.bare({ secretKey: known });
        const stranger = world.bare();
        const wrap = stranger.craft('A'.repeat(2_000), { kind: EPHEMERAL_GIFT_WRAP_KIND });
        const flood = (): void => {
          for (let n = 0; n < 200; n++) {
            const id = n.toString(16).padStart(64, '0');
            world.inject({ ...wrap, id, content: `${n}${wrap.content}` }, pubkey);
            world.inject({ ...wrap, id, kind: GIFT_WRAP_KIND, content: `${n}${wrap.content}` }, pubkey);
            world.inject({ ...wrap, id, kind: MESSAGE_KIND, content: `${n}` }, pubkey);
          }
          for (let n = 0; n < 50; n++) stranger.say('{"jsonrpc":"2.0"', { form: 'stored' });
        };
        flood();
        await honest.initialize();
        flood();
        const { message } = await honest.call('count', { key: 'honest' });
        expect(message).toMatchObject({ result: { content: [{ text: '1' }] } });
        expect(world.fixture.instances).toHaveLength(1);
      },
      { allow: [getPublicKey(known)] },
    );
  });
});

describe('a private server', () => {
  it('publishes what it is asked for and nothing else', async () => {
    const known = generateSecretKey();
    await withBareWorld(
      async (world) => {
        const client = world.bare({ secretKey: known });
        await client.initialize({ tags: [['support_encryption'], ['support_encryption_ephemeral']] });
        await client.call('count', { key: 'honest' });
        const kinds = world.traffic.items.map(({ kind }) => kind);
        // A client that can do it is answered in wraps that relays do not keep, though it began with one that they do.
        expect([...new Set(kinds)]).toEqual([EPHEMERAL_GIFT_WRAP_KIND]);
        expect(client.answers.items.every(({ form }) => form === 'ephemeral')).toBe(true);
      },
      { allow: [getPublicKey(known)] },
    );
  });

  it('says nothing to strangers where its operator has chosen silence', async () => {
    const known = generateSecretKey();
    await withBareWorld(
      async (world) => {
        const stranger = world.bare();
        for (const form of ['plain', 'ephemeral', 'stored'] as const)
          stranger.say({ jsonrpc: '2.0', id: 1, method: 'tools/list' }, { form });
        await world.bare({ secretKey: known }).call('count', { key: 'honest' });
        expect(stranger.answers.items).toEqual([]);
      },
      { allow: [getPublicKey(known)], refusals: 'silent' },
    );
  });
});
