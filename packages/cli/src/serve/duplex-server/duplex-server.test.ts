import { isRecord, isRequest, type JsonRpcMessage, type RequestId } from '@mcp-nostr/core';
import { beforeEach, expect, it } from 'vitest';

import { until } from '../../run-cli.test.support.ts';
import type { ServerTransport } from '../child-server.ts';
import { HttpFailure } from '../http-server/http-failure.ts';
import type { ConnectionEvents } from './connection.ts';
import { DuplexServer } from './duplex-server.ts';

/** A server that answers every request, and asks when it is told. Each of its connections counts from 0. */
class Upstream {
  readonly heard: JsonRpcMessage[] = [];
  readonly events: ConnectionEvents;
  #lastId = 0;

  constructor(events: ConnectionEvents) {
    this.events = events;
  }
  hear(message: JsonRpcMessage): void {
    this.heard.push(message);
    if (isRequest(message))
      this.events.onmessage({ jsonrpc: '2.0', id: message.id, result: { protocolVersion: '2025-11-25' } });
    // As servers do that work with the folders of their client.
    else if ('method' in message && message.method === 'notifications/initialized') this.ask();
  }
  ask(): void {
    this.events.onmessage({ jsonrpc: '2.0', id: this.#lastId++, method: 'roots/list' });
  }
  get answers(): unknown[] {
    return this.heard.filter((message) => 'result' in message);
  }
}

let upstreams: Upstream[];
let sent: JsonRpcMessage[];
let client: ServerTransport;

beforeEach(async () => {
  upstreams = [];
  sent = [];
  client = { start: async () => {}, send: async (message) => void sent.push(message), close: async () => {} };
  const server = new DuplexServer({
    open: async (_headers, events) => {
      const upstream = new Upstream(events);
      upstreams.push(upstream);
      const nothing = (): void => {};
      const send = async (message: JsonRpcMessage): Promise<void> => upstream.hear(message);
      return { send, useVersion: nothing, pause: nothing, resume: nothing, close: nothing };
    },
    headers: {},
    decidesVersion: true,
    onlog: () => {},
  });
  await server.connect(client);
  client.onmessage?.({ jsonrpc: '2.0', id: 1, method: 'initialize', params: {} });
  await until('the session', () => sent.length === 1);
  client.onmessage?.({ jsonrpc: '2.0', id: 2, method: 'logging/setLevel', params: { level: 'error' } });
  client.onmessage?.({ jsonrpc: '2.0', method: 'notifications/initialized' });
  await until('its question', () => questions().length === 1);
});

function questions(): RequestId[] {
  return sent.flatMap((message) => (isRequest(message) ? [message.id] : []));
}

function takenBack(): unknown[] {
  return sent.flatMap((message) =>
    'method' in message && message.method === 'notifications/cancelled' && isRecord(message.params)
      ? [message.params['requestId']]
      : [],
  );
}

async function lose(): Promise<void> {
  upstreams[0]?.events.onlost(new HttpFailure('broken', 'cut'));
  await until('the other connection', () => questions().length === 2);
  await until(
    'its log level',
    () =>
      upstreams[1]?.heard.some(
        (each) => 'id' in each && isRequest(each) && each.method === 'logging/setLevel',
      ) === true,
  );
}

it('a late answer to a connection that was lost does not reach the next one, which counts from 0 too', async () => {
  await lose();
  const [former = '', latter = ''] = questions();
  client.onmessage?.({ jsonrpc: '2.0', id: former, result: { roots: ['late'] } });
  client.onmessage?.({ jsonrpc: '2.0', id: latter, result: { roots: ['in time'] } });
  await until('the answer', () => (upstreams[1]?.answers.length ?? 0) > 0);
  expect(upstreams[1]?.answers).toEqual([{ jsonrpc: '2.0', id: 0, result: { roots: ['in time'] } }]);
});

it('what the lost connection asked is taken back at once, and not what the next one asks while it is begun', async () => {
  const [former] = questions();
  upstreams[0]?.events.onlost(new HttpFailure('broken', 'cut'));
  expect(takenBack()).toEqual([former]);
  client.onmessage?.({ jsonrpc: '2.0', id: former ?? '', result: {} });
  await until('the other connection', () => questions().length === 2);
  client.onmessage?.({ jsonrpc: '2.0', id: 3, method: 'ping' });
  await until('an answer after it', () => sent.some((message) => 'id' in message && message.id === 3));
  expect(takenBack()).toEqual([former]);
  expect(upstreams[1]?.answers).toEqual([]);
});
