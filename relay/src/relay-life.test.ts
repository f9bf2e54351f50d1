import { once } from 'node:events';
import { connect } from 'node:net';

import { expect, onTestFinished, test, vi } from 'vitest';

import { openClient, openRelay } from './client.test.helper.ts';
import { signed } from './fixtures.test.helper.ts';
import { startRelay } from './relay.ts';

test('a relay without options listens on a free port of this machine alone', async () => {
  const relay = await openRelay();
  expect(relay.port).toBeGreaterThan(0);
  expect(relay.url).toBe(`ws://127.0.0.1:${relay.port}`);
});

test('a relay that listens everywhere is reached from here by its url', async () => {
  const relay = await openRelay({ host: '0.0.0.0' });
  expect(relay.url).toBe(`ws://127.0.0.1:${relay.port}`);
  expect(await (await openClient(relay)).request('a', {})).toEqual([]);
});

test('a port that is taken is named', async () => {
  const { port } = await openRelay();
  await expect(startRelay({ port })).rejects.toMatchObject({
    code: 'port_in_use',
    message: expect.stringMatching(new RegExp(`port ${port} .*choose another`)),
  });
});

test.each([-1, 65_536, 1.5, Number.NaN])('%s is no port', async (port) => {
  await expect(startRelay({ port })).rejects.toMatchObject({ code: 'bad_option' });
});

test('a host that is not of this machine is refused', async () => {
  await expect(startRelay({ host: '192.0.2.1' })).rejects.toMatchObject({ code: 'bad_host' });
});

test('a bad limit is refused', async () => {
  await expect(startRelay({ limits: { maxFilters: 0 } })).rejects.toMatchObject({ code: 'bad_option' });
});

test('closing says goodbye and frees the port', async () => {
  const relay = await openRelay();
  const client = await openClient(relay);
  await client.request('a', {});
  await relay.close();
  expect(await client.next()).toEqual(['CLOSED', 'a', 'error: shutting down']);
  expect(await client.closed).toEqual({ code: 1001, reason: 'shutting down' });
  expect(relay.stats()).toMatchObject({ connections: 0, subscriptions: 0 });
  const again = await openRelay({ port: relay.port });
  expect(again.port).toBe(relay.port);
});

test('closing leaves no timer behind', async () => {
  // Under a clock that has its timers alone: those of the process come and go.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const relay = await startRelay();
  expect(vi.getTimerCount()).toBeGreaterThan(0);
  await relay.close();
  expect(vi.getTimerCount()).toBe(0);
});

test('closing twice is closing once', async () => {
  const relay = await openRelay();
  const first = relay.close();
  expect(relay.close()).toBe(first);
  await first;
  await relay.close();
});

test('a closed relay takes no connections', async () => {
  const relay = await openRelay();
  await relay.close();
  await expect(openClient(relay)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('a client that does not say goodbye does not keep the relay from closing', async () => {
  const relay = await openRelay({ limits: { closeGraceMs: 50 } });
  const client = await openClient(relay);
  client.socket.pause();
  await relay.close();
  expect(relay.stats().connections).toBe(0);
});

test('a connection that answers no ping is ended', async () => {
  const relay = await openRelay({ limits: { pingIntervalMs: 200 } });
  const [dead, healthy] = [await openClient(relay, { autoPong: false }), await openClient(relay)];
  expect(await dead.closed).toMatchObject({ code: 1006 });
  expect(dead.pings).toBe(2);
  expect(await healthy.request('a', {})).toEqual([]);
});

test('whoever says anything is alive', async () => {
  const relay = await openRelay({ limits: { pingIntervalMs: 20 } });
  const client = await openClient(relay, { autoPong: false });
  await new Promise<void>((resolve) => {
    let pings = 0;
    client.socket.on('ping', () => {
      client.say('CLOSE', 'nothing');
      pings += 1;
      if (pings === 6) resolve();
    });
  });
  expect(await client.request('a', {})).toEqual([]);
});

test('what expires makes room by itself', async () => {
  const clock = { ms: 1000 };
  const relay = await openRelay({ now: () => clock.ms, limits: { pingIntervalMs: 20 } });
  const client = await openClient(relay);
  await client.publish(signed({ created_at: 1, tags: [['expiration', '2']] }));
  expect(relay.stats().stored).toBe(1);
  clock.ms = 2000;
  await new Promise((resolve) => {
    client.socket.once('ping', resolve);
  });
  await client.heard();
  expect(relay.stats().stored).toBe(0);
});

test('who takes the log lines cannot stop the relay', async () => {
  const relay = await openRelay({
    limits: { maxConnections: 1 },
    onlog: () => {
      throw new Error('no room for lines');
    },
  });
  const client = await openClient(relay);
  await expect(openClient(relay)).rejects.toThrow('503');
  expect(await client.request('a', {})).toEqual([]);
});

test('a fault of the relay itself is answered, told to the log, and ends nothing', async () => {
  const lines: string[] = [];
  let broken = false;
  const now = (): number => {
    if (broken) throw new Error('the clock stands still');
    return 1_700_000_000_000;
  };
  const client = await openClient(await openRelay({ now, onlog: (line) => lines.push(line) }));
  broken = true;
  client.say('REQ', 'a', {});
  expect(await client.next()).toEqual(['NOTICE', 'error: the relay failed on this message']);
  expect(lines).toEqual(['failed on a message: Error: the clock stands still']);
  broken = false;
  expect(await client.request('a', {})).toEqual([]);
});

test('a connection that never asks for anything does not keep the relay from closing', async () => {
  const relay = await openRelay({ limits: { closeGraceMs: 50 } });
  const socket = connect(relay.port, '127.0.0.1');
  await once(socket, 'connect');
  // It has been accepted by the time that a later one is served.
  await openClient(relay);
  await relay.close();
  const again = await openRelay({ port: relay.port });
  expect(again.port).toBe(relay.port);
  socket.destroy();
});
