import { expect, test, vi } from 'vitest';

import { openClient, openRelay, type RawClient } from './client.test.helper.ts';
import { bob, hex, NOW_SECONDS, signed } from './fixtures.test.helper.ts';

let made = 0;

/** A text of so many bytes that is another one each time, so that its event is. */
function large(bytes: number): string {
  made += 1;
  return String(made).padStart(bytes);
}

async function refusedWith(client: RawClient, id: string, ...filters: object[]): Promise<unknown> {
  client.say('REQ', id, ...filters);
  const [verb, , reason] = await client.next();
  return verb === 'CLOSED' ? reason : verb;
}

test('a message that is too long is named and ends the connection with 1009', async () => {
  const client = await openClient(await openRelay({ limits: { maxMessageBytes: 1000 } }));
  client.socket.send('x'.repeat(1001));
  expect(await client.next()).toEqual(['NOTICE', 'invalid: a message has at most 1000 bytes']);
  expect(await client.closed).toMatchObject({ code: 1009 });
});

test('an event that is too large is refused, and the connection lives on', async () => {
  const client = await openClient(await openRelay({ limits: { maxEventBytes: 1000 } }));
  const event = signed({ content: 'x'.repeat(1000) });
  expect(await client.publish(event)).toEqual([
    'OK',
    event.id,
    false,
    expect.stringMatching(/^invalid: an event has at most 1000 bytes/),
  ]);
  expect((await client.publish(signed()))[2]).toBe(true);
});

test('a connection has so many subscriptions, and one that is closed makes room', async () => {
  const client = await openClient(await openRelay({ limits: { maxSubscriptions: 2 } }));
  await client.request('a', {});
  await client.request('b', {});
  expect(await refusedWith(client, 'c', {})).toBe('restricted: at most 2 subscriptions at a time');
  await client.request('b', { kinds: [1] });
  client.say('CLOSE', 'a');
  await client.request('c', {});
});

test('a connection has so many filter values over all its subscriptions', async () => {
  const client = await openClient(await openRelay({ limits: { maxConnectionValues: 5 } }));
  await client.request('a', { '#p': [hex(1), hex(2), hex(3)] });
  expect(await refusedWith(client, 'b', { kinds: [1, 2, 3] })).toBe(
    'restricted: at most 5 filter values at a time',
  );
  await client.request('a', { '#p': [hex(1)] });
  await client.request('b', { kinds: [1, 2, 3] });
});

test('events beyond the rate are refused until time has passed', async () => {
  let nowMs = NOW_SECONDS * 1000;
  const relay = await openRelay({ limits: { eventsPerSecond: 1, eventBurst: 2 }, now: () => nowMs });
  const [client, other] = [await openClient(relay), await openClient(relay)];
  await client.publish(signed());
  await client.publish(signed());
  const event = signed();
  const slowDown = ['OK', event.id, false, 'rate-limited: slow down, retry in 1 s'];
  expect(await client.publish(event)).toEqual(slowDown);
  expect((await other.publish(signed()))[2]).toBe(true);
  nowMs += 1000;
  expect(await client.publish(event)).toEqual(['OK', event.id, true, '']);
});

test('a forged event costs its sender more than an honest one', async () => {
  const limits = { eventsPerSecond: 1, eventBurst: 10, forgedEventCost: 9 };
  const client = await openClient(await openRelay({ limits }));
  expect(await client.publish({ ...signed(), content: 'forged' })).toContain(false);
  const event = signed();
  expect(await client.publish(event)).toEqual([
    'OK',
    event.id,
    false,
    expect.stringMatching(/^rate-limited: /),
  ]);
});

test('malformed messages and events count against the rate', async () => {
  const client = await openClient(await openRelay({ limits: { eventsPerSecond: 1, eventBurst: 2 } }));
  client.say('nonsense');
  client.say('EVENT', { id: hex(1) });
  client.say('nonsense');
  client.say('EVENT', { id: hex(2) });
  const heard = [await client.next(), await client.next(), await client.next(), await client.next()];
  expect(heard).toEqual([
    ['NOTICE', expect.stringMatching(/^unsupported: /)],
    ['OK', hex(1), false, expect.stringMatching(/^invalid: /)],
    ['NOTICE', 'rate-limited: slow down, retry in 1 s'],
    ['OK', hex(2), false, 'rate-limited: slow down, retry in 1 s'],
  ]);
});

test('a REQ counts as many filters as it has, and is closed beyond the rate', async () => {
  let nowMs = NOW_SECONDS * 1000;
  const limits = { filtersPerSecond: 1, filterBurst: 3 };
  const client = await openClient(await openRelay({ limits, now: () => nowMs }));
  await client.request('a', {}, {});
  expect(await refusedWith(client, 'b', {}, {})).toBe('rate-limited: slow down, retry in 1 s');
  expect(await refusedWith(client, 'b', { search: 'x' })).toMatch(/^unsupported: /);
  expect(await refusedWith(client, 'b', { search: 'x' })).toMatch(/^rate-limited: /);
  nowMs += 1000;
  await client.request('b', {});
});

test('connections from one address are bounded, and one that closes makes room', async () => {
  const lines: string[] = [];
  const relay = await openRelay({ limits: { maxConnectionsPerIp: 1 }, onlog: (line) => lines.push(line) });
  const first = await openClient(relay);
  await expect(openClient(relay)).rejects.toThrow('429');
  expect(lines).toEqual(['turned a connection away: too-many-from-there']);
  first.socket.close();
  await vi.waitFor(() => expect(relay.stats().connections).toBe(0));
  await openClient(relay);
  expect(relay.stats().connections).toBe(1);
});

test('connections are bounded in all', async () => {
  const relay = await openRelay({ limits: { maxConnections: 1 } });
  await openClient(relay);
  await expect(openClient(relay)).rejects.toThrow('503');
});

test('a reader that is stuck is cut, and a healthy one gets everything', async () => {
  const lines: string[] = [];
  const relay = await openRelay({ limits: { maxPendingBytes: 500_000 }, onlog: (line) => lines.push(line) });
  const [author, healthy, stuck] = [
    await openClient(relay),
    await openClient(relay),
    await openClient(relay),
  ];
  await healthy.request('a', { '#p': [bob] });
  await stuck.request('a', { '#p': [bob] });
  stuck.socket.pause();
  const sent: string[] = [];
  while (relay.stats().cut === 0) {
    // The buffers of the operating system are filled first: some megabytes each way.
    if (sent.length === 400) throw new Error('the stuck reader was not cut');
    const event = signed({ kind: 25_910, tags: [['p', bob]], content: large(100_000) });
    sent.push(event.id);
    await author.publish(event);
  }
  const after = signed({ kind: 25_910, tags: [['p', bob]] });
  await author.publish(after);
  expect((await healthy.live()).map(([, id]) => id)).toEqual([...sent, after.id]);
  stuck.socket.resume();
  expect(await stuck.closed).toMatchObject({ code: 1006 });
  expect(relay.stats()).toMatchObject({ cut: 1, connections: 2, subscriptions: 1 });
  expect(lines).toEqual([expect.stringMatching(/^cut a connection that had \d+ bytes to read$/)]);
});

test('who asks for more stored events than a connection may owe gets them all', async () => {
  const limits = { maxPendingBytes: 300_000, softPendingBytes: 100_000 };
  const relay = await openRelay({ limits });
  const client = await openClient(relay);
  for (let index = 0; index < 60; index += 1) await client.publish(signed({ content: large(200_000) }));
  const both = await Promise.all([client.request('a', {}), client.request('b', { kinds: [1] })]);
  expect(both.map((events) => events.length)).toEqual([60, 60]);
  expect(relay.stats().cut).toBe(0);
});

test('stored events stop coming when the subscription is closed', async () => {
  const relay = await openRelay({ limits: { softPendingBytes: 1000 } });
  const client = await openClient(relay);
  for (let index = 0; index < 60; index += 1) await client.publish(signed({ content: large(200_000) }));
  client.say('REQ', 'a', {});
  client.say('CLOSE', 'a');
  const verbs = (await client.heard()).map(([verb]) => verb);
  expect(verbs.length).toBeLessThan(60);
  expect(verbs).not.toContain('EOSE');
});
