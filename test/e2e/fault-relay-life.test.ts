import { afterEach, describe, expect, it, vi } from 'vitest';

import { decideDelivery, decidePublication, type Faults, noFaults } from '../helpers/faults.ts';
import { events, openFaulty, ours, socketAt } from '../helpers/fault-setting.ts';
import { faultyLegs } from '../helpers/legs.ts';
import { event } from '../helpers/one-relay.ts';
import { newSeed, seededRandom } from '../helpers/random.ts';
import { RawSocket } from '../helpers/raw-socket.ts';
import { withWorld, World } from '../helpers/world.ts';

afterEach(() => void vi.useRealTimers());

describe('the seed of a faulty relay', () => {
  const faults = { drop: 0.2, swallow: 0.2, truncate: 0.2, garbage: 0.2, rateLimited: 0.2, swallowOk: 0.2 };

  async function run(seed: number, given: Partial<Faults>): Promise<unknown> {
    const { relay, reader, publisher, received } = await openFaulty(given, { seed });
    const published = events(60);
    for (const each of published) publisher.say(each);
    // What comes behind the events shows that they have been dealt with, first on this side, then on that.
    await publisher.watch({ kinds: [1] });
    await reader.watch({ kinds: [1] });
    const counts = { ...relay.counts };
    const answered = new Set(publisher.answered);
    return {
      counts,
      unanswered: published.flatMap(({ id }, index) => (answered.has(id) ? [] : [index])),
      broken: reader.broken.count,
      order: await received(published),
    };
  }

  it('decides what happens, message by message', async () => {
    const seed = newSeed();
    const [first, second, other] = [
      await run(seed, faults),
      await run(seed, faults),
      await run(seed + 1, faults),
    ];
    expect(second, `seed ${seed}`).toEqual(first);
    expect(other, `seed ${seed}`).not.toEqual(first);
  });

  it('gives every connection faults of its own', async () => {
    const { relay, reader, publisher } = await openFaulty({ drop: 0.5 });
    const second = await socketAt(relay);
    relay.calm();
    await second.watch(ours);
    relay.set({ drop: 0.5 });
    const published = events(60);
    for (const each of published) await publisher.publish(each);
    relay.calm();
    const fence = event();
    await publisher.publish(fence);
    await Promise.all([reader, second].map(({ events: got }) => got.first(({ id }) => id === fence.id)));
    const [one, two] = [reader, second].map(({ events: got }) => got.items.map(({ id }) => id));
    expect(one, `seed ${relay.seed}`).not.toEqual(two);
  });

  it('decides about one fault the same, whatever the others are', () => {
    const seed = newSeed();
    const publications = (given: Partial<Faults>) =>
      decisions(seed, (random) => decidePublication({ ...noFaults, ...given }, random));
    const deliveries = (given: Partial<Faults>) =>
      decisions(seed, (random) => decideDelivery({ ...noFaults, ...given }, random));
    const others = { drop: 1, truncate: 1, repeat: 1, reorder: 1, swallowOk: 1, delayOk: 1, swallow: 1 };
    const alone = { garbage: 0.5, rateLimited: 0.5, cut: 0.5, delayMs: { min: 5, max: 9 } };
    const delivered = deliveries(alone).map(({ isGarbled, isCutAfter, delayMs, damagedAt }) => ({
      isGarbled,
      isCutAfter,
      delayMs,
      damagedAt,
    }));
    expect(deliveries({ ...others, ...alone }), `seed ${seed}`).toMatchObject(delivered);
    const published = publications(alone).map(({ isRateLimited, isCutAfter }) => ({
      isRateLimited,
      isCutAfter,
    }));
    expect(publications({ ...others, ...alone }), `seed ${seed}`).toMatchObject(published);
  });

  it('lets copies come at once, late, or both', () => {
    const seed = newSeed();
    const copies = decisions(seed, (random) => decideDelivery({ ...noFaults, repeat: 1 }, random));
    const kinds = copies.map(({ copiesAfterMs }) =>
      copiesAfterMs.map((ms) => (ms === 0 ? 'once' : 'late')).join(' '),
    );
    expect(new Set(kinds), `seed ${seed}`).toEqual(new Set(['once', 'late', 'once late', 'late late']));
  });
});

function decisions<T>(seed: number, decide: (random: () => number) => T): T[] {
  const random = seededRandom(seed);
  return Array.from({ length: 100 }, () => decide(random));
}

describe.each(faultyLegs)('the world of a leg, $name', (leg) => {
  it('has the faults of the leg at each of its relays', () =>
    withWorld(new World(leg), async ({ faultRelays, relayUrls }) => {
      expect(faultRelays.map(({ url }) => url)).toEqual(relayUrls);
      expect(faultRelays.map(({ faults }) => faults)).toEqual(
        relayUrls.map(() => ({ ...noFaults, ...leg.faults })),
      );
      expect(new Set(faultRelays.map(({ seed }) => seed)).size).toBe(leg.relayCount);
    }));

  it('carries a call as long as they are calm, and over a restart', () =>
    withWorld(new World({ ...leg, faults: {} }), async (world) => {
      const urls = world.relayUrls;
      const { client, states, errors } = await world.connect();
      expect(await client.ping()).toEqual({});
      const back = states.next(({ url, status }) => url === urls[0] && status === 'ready');
      await world.restartRelay(0, async () => {
        await expect(RawSocket.open(urls[0] ?? '')).rejects.toThrow('ECONNREFUSED');
      });
      expect.assertions(6);
      await back;
      expect(world.relayUrls).toEqual(urls);
      expect(world.faultRelays).toHaveLength(leg.relayCount);
      expect(await client.ping()).toEqual({});
      expect([...errors.items, ...world.served.errors.items]).toEqual([]);
    }));
});

describe('a faulty relay that goes away', () => {
  it('cuts all connections when it is told to', async () => {
    const { relay, reader, publisher } = await openFaulty({});
    relay.cut();
    await Promise.all([reader.closed, publisher.closed]);
    await expect.poll(() => relay.stats().connections).toBe(0);
  });

  it('comes back on the same port, with the same faults', async () => {
    const { relay, reader } = await openFaulty({ drop: 1 });
    const { url } = relay;
    const since = performance.now();
    const restarted = relay.restart(100);
    await reader.closed;
    await expect(RawSocket.open(url)).rejects.toThrow('ECONNREFUSED');
    await restarted;
    expect(performance.now() - since).toBeGreaterThan(95);
    expect(relay.url).toBe(url);
    const again = await socketAt(relay);
    await again.watch(ours);
    expect(await again.publish(event())).toEqual({ accepted: true, reason: '' });
    expect(relay.counts.dropped).toBe(1);
  });

  it('stays away when it is closed meanwhile, and may be closed again', async () => {
    const { relay } = await openFaulty({});
    const { url } = relay;
    const restarted = relay.restart(60_000);
    await relay.stop();
    await expect(RawSocket.open(url)).rejects.toThrow('ECONNREFUSED');
    await Promise.all([relay.close(), relay.close(), restarted]);
    await relay.restart();
    await relay.close();
    await expect(RawSocket.open(url)).rejects.toThrow('ECONNREFUSED');
  });

  it('leaves no timer behind', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
    const { relay, reader, publisher } = await openFaulty({});
    const late = { min: 60_000, max: 60_000 };
    relay.set({ delayMs: late, delayOk: 1, lateMs: late, repeat: 1 });
    publisher.say(event());
    while (relay.counts.delayed === 0 || relay.counts.oksDelayed === 0) await new Promise(setImmediate);
    expect(vi.getTimerCount()).toBeGreaterThanOrEqual(4);
    await relay.close();
    await Promise.all([reader.closed, publisher.closed]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
