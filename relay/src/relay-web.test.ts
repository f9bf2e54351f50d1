import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';
import { WebSocket } from 'ws';

import { openRelay } from './client.test.helper.ts';
import { VERSION } from './listening/information.ts';
import type { Relay } from './relay.ts';

function get(relay: Relay, path = '/', init: RequestInit = {}): Promise<Response> {
  return fetch(new URL(path, relay.url.replace('ws:', 'http:')), init);
}

const asksForInformation = { headers: { Accept: 'application/nostr+json' } };

test('the information document tells the bounds that are in force', async () => {
  const relay = await openRelay({
    name: 'ours',
    description: 'for tests',
    limits: { maxMessageBytes: 1234, maxSubscriptions: 5, maxLimit: 6, maxFutureSeconds: 7 },
  });
  const response = await get(relay, '/', asksForInformation);
  expect(response.headers.get('content-type')).toBe('application/nostr+json');
  expect(await response.json()).toEqual({
    name: 'ours',
    description: 'for tests',
    software: 'https://github.com/mcp-nostr/mcp-nostr',
    version: VERSION,
    supported_nips: [1, 9, 11, 40, 59, 70],
    limitation: {
      max_message_length: 1234,
      max_subscriptions: 5,
      max_subid_length: 64,
      max_filters: 20,
      max_limit: 6,
      default_limit: 500,
      max_event_tags: 2000,
      created_at_lower_limit: 172_800,
      created_at_upper_limit: 7,
      auth_required: false,
      payment_required: false,
      restricted_writes: false,
    },
  });
});

test('the version is that of the package', () => {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  expect(manifest).toMatchObject({ version: VERSION });
});

test('any web page may read the information document', async () => {
  const relay = await openRelay();
  const preflight = await get(relay, '/', { method: 'OPTIONS' });
  expect(preflight.status).toBe(204);
  for (const { headers } of [preflight, await get(relay, '/', asksForInformation)]) {
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('access-control-allow-headers')).toBe('*');
    expect(headers.get('access-control-allow-methods')).toContain('GET');
  }
});

test('a browser is told that this is a Nostr relay', async () => {
  const response = await get(await openRelay({ name: 'ours' }));
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
  expect(await response.text()).toMatch(/^ours: a Nostr relay/);
});

test('only / is served, with or without a query', async () => {
  const relay = await openRelay();
  expect((await get(relay, '/other', asksForInformation)).status).toBe(404);
  expect((await get(relay, '/?x=y')).status).toBe(200);
  const status = async (path: string): Promise<unknown> => {
    const socket = new WebSocket(relay.url + path);
    return new Promise((resolve) => {
      socket.once('error', (error) => resolve(error.message));
      socket.once('open', () => {
        socket.terminate();
        resolve('open');
      });
    });
  };
  expect(await status('/other')).toBe('Unexpected server response: 404');
  expect(await status('/?x=y')).toBe('open');
});

test('other methods than GET are not answered', async () => {
  const response = await get(await openRelay(), '/', { method: 'POST', body: '{}' });
  expect(response.status).toBe(405);
  expect(response.headers.get('allow')).toContain('GET');
});

test('compression is not offered', async () => {
  const relay = await openRelay();
  const socket = new WebSocket(relay.url, { perMessageDeflate: true });
  await new Promise((resolve) => {
    socket.once('open', resolve);
  });
  expect(socket.extensions).toBe('');
  socket.terminate();
});
