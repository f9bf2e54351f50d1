import { verifyEvent } from '@mcp-nostr/core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { noCounts } from '../helpers/fault-counts.ts';
import { noFaults } from '../helpers/faults.ts';
import { events, openFaulty, socketAt } from '../helpers/fault-setting.ts';
import { Forger } from '../helpers/forger.ts';
import { event } from '../helpers/one-relay.ts';
import { newSeed } from '../helpers/random.ts';
import { RawSocket } from '../helpers/raw-socket.ts';

/** Nothing comes late before the test says so, however long the machine takes for what comes meanwhile. */
function stopClock(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
}

describe('a relay without faults behind the proxy', () => {
  it('passes on everything once and in order', async () => {
    const { relay, publisher, received } = await openFaulty({});
    const published = events(20);
    for (const each of published) publisher.say(each);
    expect(await received(published)).toEqual(published.map((_, index) => index));
    expect(relay.counts).toEqual(noCounts);
  });

  it('answers whoever asks for its information document, and turns away whom the relay turns away', async () => {
    const { relay } = await openFaulty({}, { relayLimits: { maxMessageBytes: 12_345 } });
    const url = relay.url.replace('ws:', 'http:');
    const response = await fetch(url, { headers: { Accept: 'application/nostr+json' } });
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(await response.json()).toMatchObject({ limitation: { max_message_length: 12_345 } });
    expect((await fetch(`${url}/elsewhere`)).status).toBe(404);
    await expect(RawSocket.open(`${relay.url}/elsewhere`)).rejects.toThrow('404');
  });

  it('ends a connection where the relay does', async () => {
    const { relay, publisher } = await openFaulty({}, { relayLimits: { maxMessageBytes: 1000 } });
    publisher.say({ ...event(), content: 'x'.repeat(1000) });
    await publisher.closed;
    await expect.poll(() => relay.stats().connections).toBe(1);
  });
});

describe('a faulty relay', () => {
  it('drops events on the way to the reader', async () => {
    const { relay, publisher, received } = await openFaulty({ drop: 1 });
    const published = events(3);
    for (const each of published) {
      expect(await publisher.publish(each)).toEqual({ accepted: true, reason: '' });
    }
    expect(relay.stats()).toMatchObject({ accepted: 3 });
    expect(await received(published)).toEqual([]);
    expect(relay.counts).toEqual({ ...noCounts, dropped: 3 });
  });

  it('swallows events of the publisher and says that it took them', async () => {
    const { relay, publisher, received } = await openFaulty({ swallow: 1 });
    const published = events(3);
    for (const each of published) {
      expect(await publisher.publish(each)).toEqual({ accepted: true, reason: '' });
    }
    expect(relay.stats()).toMatchObject({ accepted: 0 });
    expect(await received(published)).toEqual([]);
    expect(relay.counts).toEqual({ ...noCounts, swallowed: 3 });
  });

  it('repeats events twice or three times, some of them when others have come', async () => {
    const options = { seed: newSeed() };
    const { relay, reader, publisher } = await openFaulty(
      { repeat: 1, lateMs: { min: 20, max: 40 } },
      options,
    );
    const published = events(30);
    for (const each of published) publisher.say(each);
    // Each is passed on once before the next: with the last one all have been decided on.
    await reader.events.first(({ id }) => id === published.at(-1)?.id);
    relay.calm();
    const copies = (): number[] =>
      published.map(({ id }) => reader.events.items.filter((each) => each.id === id).length);
    await expect.poll(() => Math.min(...copies())).toBe(2);
    await expect.poll(() => Math.max(...copies())).toBe(3);
    const order = reader.events.items.map(({ id }) => published.findIndex((each) => each.id === id));
    expect(order, `seed ${relay.seed}`).not.toEqual(order.toSorted((a, b) => a - b));
    expect(relay.counts).toEqual({ ...noCounts, repeated: 30 });
  });

  it('lets an event be overtaken by the next', async () => {
    stopClock();
    const { relay, reader, publisher } = await openFaulty({ reorder: 1 });
    const [first, second, third] = [event(), event(), event()];
    await publisher.publish(first);
    relay.calm();
    publisher.say(second);
    publisher.say(third);
    expect(await reader.events.reached(3)).toEqual([second, first, third]);
    expect(relay.counts).toEqual({ ...noCounts, reordered: 1 });
  });

  it('delivers an event that waits to be overtaken, though no other comes', async () => {
    const { reader, publisher } = await openFaulty({ reorder: 1 });
    const last = event();
    await publisher.publish(last);
    expect(await reader.events.first()).toEqual(last);
  });

  it('delays events at random, so that they overtake each other, and none of them is lost', async () => {
    const { relay, reader, publisher } = await openFaulty({ delayMs: { min: 20, max: 120 } });
    const published = events(20);
    const since = performance.now();
    for (const each of published) publisher.say(each);
    await reader.events.first();
    expect(performance.now() - since).toBeGreaterThan(15);
    await reader.events.reached(20);
    const order = reader.events.items.map(({ id }) => published.findIndex((each) => each.id === id));
    expect(order, `seed ${relay.seed}`).not.toEqual(order.toSorted((a, b) => a - b));
    expect(new Set(order).size).toBe(20);
    expect(relay.counts).toEqual({ ...noCounts, delayed: 20 });
  });

  it('delays EOSE, and keeps several of them in order', async () => {
    const { relay, reader } = await openFaulty({ delayMs: { min: 30, max: 60 } });
    const since = performance.now();
    const ended: number[] = [];
    await Promise.all(
      [0, 1, 2, 3, 4].map(async (each) => {
        await reader.watch({ kinds: [1] });
        ended.push(each);
      }),
    );
    expect(performance.now() - since).toBeGreaterThan(25);
    expect(ended, `seed ${relay.seed}`).toEqual([0, 1, 2, 3, 4]);
  });

  it('delivers a stored event before EOSE all the same', async () => {
    const { relay, reader, publisher } = await openFaulty({ reorder: 1, delayMs: { min: 30, max: 60 } });
    const author = new Forger();
    const stored = author.craft(author.pubkey, { kind: 1 });
    await publisher.publish(stored);
    await reader.watch({ kinds: [1] });
    expect(reader.events.items).toEqual([stored]);
    expect(relay.counts).toEqual(noCounts);
  });

  it('cuts the text of an event short, and does not deliver it whole', async () => {
    const { relay, reader, publisher, received } = await openFaulty({ truncate: 1 });
    const published = events(3);
    for (const each of published) await publisher.publish(each);
    expect(await received(published)).toEqual([]);
    expect(reader.broken.count).toBe(3);
    expect(relay.counts).toEqual({ ...noCounts, truncated: 3 });
  });

  it('delivers garbage under the id of an event, and then that event', async () => {
    const { relay, reader, publisher, received } = await openFaulty({ garbage: 1 });
    const published = event();
    await publisher.publish(published);
    expect(await received([published])).toEqual(['other', 0]);
    const [garbage] = reader.events.items;
    expect(garbage).toEqual({ ...published, content: expect.any(String) });
    expect(garbage === undefined || verifyEvent(garbage)).toBe(false);
    expect(relay.counts).toEqual({ ...noCounts, garbled: 1 });
  });

  it("cuts a publisher's and a reader's connection after a message, and only theirs", async () => {
    const { relay, reader, publisher } = await openFaulty({});
    const bystander = await socketAt(relay);
    relay.set({ cut: 1 });
    publisher.say(event());
    await Promise.all([publisher.closed, reader.closed]);
    expect(relay.counts).toEqual({ ...noCounts, cut: 2 });
    relay.calm();
    await bystander.watch({ kinds: [1] });
    await expect.poll(() => relay.stats().connections).toBe(1);
  });

  it('cuts a connection after a subscription', async () => {
    const { relay, publisher } = await openFaulty({ cut: 1 });
    const ended: string[] = [];
    publisher.watch({ kinds: [1] }).then(
      () => ended.push('EOSE'),
      () => {}, // nobody waits for it any more
    );
    await publisher.closed;
    expect(ended).toEqual([]);
    expect(relay.counts).toEqual({ ...noCounts, cut: 1 });
  });

  it('swallows what is said to the publisher', async () => {
    const { relay, publisher, received } = await openFaulty({ swallowOk: 1 });
    const published = events(3);
    for (const each of published) publisher.say(each);
    await expect.poll(() => relay.counts).toEqual({ ...noCounts, oksSwallowed: 3 });
    expect(await received(published)).toEqual([0, 1, 2]);
    expect(publisher.answered).toHaveLength(1);
  });

  it('says late to the publisher what it says', async () => {
    stopClock();
    const { relay, reader, publisher } = await openFaulty({ delayOk: 1, lateMs: { min: 50, max: 60 } });
    const published = event();
    const answer = publisher.publish(published);
    await reader.events.first();
    relay.calm();
    await publisher.publish(event());
    vi.advanceTimersByTime(49);
    await publisher.watch({ kinds: [1] });
    expect(publisher.answered).toHaveLength(1);
    vi.advanceTimersByTime(11);
    expect(await answer).toEqual({ accepted: true, reason: '' });
    expect(publisher.answered).toEqual([expect.any(String), published.id]);
    expect(relay.counts).toEqual({ ...noCounts, oksDelayed: 1 });
  });

  it('refuses events because there are too many, and takes them when they come again', async () => {
    const { relay, publisher, received } = await openFaulty({ rateLimited: 1 });
    const published = event();
    expect(await publisher.publish(published)).toEqual({
      accepted: false,
      reason: 'rate-limited: slow down',
    });
    expect(relay.stats()).toMatchObject({ accepted: 0, refused: 0 });
    relay.calm();
    await publisher.publish(published);
    expect(await received([published])).toEqual([0]);
    expect(relay.counts).toEqual({ ...noCounts, rateLimited: 1 });
  });

  it('does what it is set to, until it is calmed', async () => {
    const all = { drop: 1, swallow: 1, repeat: 1, reorder: 1, truncate: 1, garbage: 1, cut: 1 };
    const answers = { swallowOk: 1, delayOk: 1, rateLimited: 1, delayMs: { min: 1000, max: 1000 } };
    const { relay, publisher, received } = await openFaulty({ ...all, ...answers });
    relay.set({ drop: 0 });
    expect(relay.faults).toMatchObject({ ...all, ...answers, drop: 0 });
    expect(await received([])).toEqual([]);
    await publisher.watch({ kinds: [1] });
    expect(relay.faults).toEqual(noFaults);
    expect(relay.counts).toEqual(noCounts);
  });
});
