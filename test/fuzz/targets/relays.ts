import { EventEmitter } from 'node:events';

import { getPublicKey, signEvent } from '@mcp-nostr/core';
import type { WebSocket } from 'ws';

import { readRelays } from '../../../packages/client/src/relay-lookup.ts';
import { fetchRelayInformation } from '../../../packages/transport/src/relay-information.ts';
import { parseRelayMessage } from '../../../packages/transport/src/relay-messages.ts';
import { Connection, type Shared } from '../../../relay/src/connection.ts';
import { Intake, type Subscriber } from '../../../relay/src/events/intake.ts';
import { resolveLimits } from '../../../relay/src/limits.ts';
import { newCounters } from '../../../relay/src/stats.ts';
import { MemoryStore } from '../../../relay/src/store/memory-store.ts';
import { Dispatcher } from '../../../relay/src/subscriptions/dispatcher.ts';
import { check, checkSame, jsonIn, type Target } from '../target.ts';
import { ID, NOW, RECIPIENT_KEY, STRANGER_KEY } from './samples.ts';

const recipient = getPublicKey(RECIPIENT_KEY);
const stored = (kind: number, ...tags: string[][]) =>
  signEvent({ kind, created_at: NOW, tags, content: 'text' }, STRANGER_KEY);
const events = [
  stored(1, ['t', 'word'], ['e', ID]),
  stored(5, ['e', ID], ['a', `30000:${recipient}:d`]),
  stored(10_002, ['r', 'wss://relay.example'], ['r', 'ws://other.example', 'read']),
  stored(30_000, ['d', 'd'], ['expiration', String(NOW + 10)]),
  stored(21_059, ['p', recipient]),
];

/** What a relay says to us. */
const relayMessages: Target = {
  name: 'relay-message',
  weight: 80,
  open: () => ({
    samples: [
      ['EVENT', 's0', events[0]],
      ['OK', ID, false, 'rate-limited: slow down'],
      ['EOSE', 's0'],
      ['CLOSED', 's0', 'auth-required: who are you'],
      ['NOTICE', 'hello'],
      ['AUTH', 'challenge'],
    ],
    take: (text) => {
      const message = parseRelayMessage(text);
      if (message === undefined) return;
      check(
        message.type === 'EVENT' || Object.values(message).every((each) => typeof each !== 'object'),
        'plain',
      );
    },
  }),
};

/** A socket on which a test speaks: as much of one as a connection of the relay uses. */
class SpokenSocket extends EventEmitter {
  readonly sent: string[] = [];
  readonly readyState = 1;
  readonly bufferedAmount = 0;
  send(text: string): void {
    this.sent.push(text);
  }
  terminate(): void {
    this.emit('close');
  }
}

/** What a stranger says to our relay. */
const ourRelay: Target = {
  name: 'relay',
  weight: 80,
  open: () => {
    let now = NOW * 1_000;
    const failures: string[] = [];
    const limits = resolveLimits();
    const store = new MemoryStore(limits);
    const dispatcher = new Dispatcher<Subscriber>();
    const counters = newCounters();
    const intake = new Intake({ limits, store, dispatcher, counters, now: () => now });
    const log = (line: string): void => void failures.push(line);
    const shared: Shared = { limits, store, dispatcher, intake, counters, now: () => now, log };
    const connect = (): SpokenSocket => {
      const socket = new SpokenSocket();
      // oxlint-disable-next-line no-new -- it lives by the events of its socket
      new Connection(socket as unknown as WebSocket, shared);
      return socket;
    };
    let socket = connect();
    let taken = 0;
    return {
      samples: [
        ...events.map((event) => ['EVENT', event]),
        ['REQ', 'sub', { kinds: [1], '#t': ['word'], limit: 5 }],
        ['REQ', 'sub', { kinds: [21_059, 25_910], '#p': [recipient], since: NOW - 900 }],
        ['REQ', 'other', { ids: [ID], authors: [recipient] }, { until: NOW }],
        ['CLOSE', 'sub'],
      ],
      take: (text) => {
        now += 50;
        if (++taken % 200 === 0) {
          socket.terminate();
          socket = connect();
        }
        socket.sent.length = 0;
        socket.emit('message', Buffer.from(text), false);
        check(failures.length === 0, `the relay failed: ${failures.join()}`);
        check(socket.sent.length > 0 || text.includes('CLOSE'), 'a client was left without an answer');
        for (const answer of socket.sent) check(Array.isArray(JSON.parse(answer)), 'the answer is no array');
        check(dispatcher.size <= limits.maxSubscriptions, `there are ${dispatcher.size} subscriptions`);
      },
      verify: () => {
        socket.terminate();
        check(dispatcher.size === 0, 'a subscription outlives its connection');
      },
    };
  },
};

/** Where a server's relay list says that it is. */
const relayLists: Target = {
  name: 'relay-list',
  weight: 20,
  open: () => ({
    samples: [events[2]?.tags, [['r', 'wss://a.example', 'write'], ['r', ''], ['r'], []]],
    take: (text) => {
      const value = jsonIn(text);
      const isTags = (tags: unknown): tags is string[][] =>
        Array.isArray(tags) &&
        tags.every((tag) => Array.isArray(tag) && tag.every((item) => typeof item === 'string'));
      if (!isTags(value)) return;
      const relays = readRelays(value);
      check(relays.length <= 8, `there are ${relays.length} relays`);
      checkSame(relays, readRelays(relays.map((url) => ['r', url])));
    },
  }),
};

/** A relay's information document (NIP-11). */
const information: Target = {
  name: 'nip-11',
  weight: 15,
  open: () => {
    const { fetch } = globalThis;
    const { signal } = new AbortController();
    return {
      samples: [
        { name: 'relay', software: 'https://a/b', version: '1', limitation: { max_message_length: 65_536 } },
      ],
      take: async (text) => {
        globalThis.fetch = async () => new Response(text);
        const { maxMessageBytes } = await fetchRelayInformation('ws://relay.example', signal);
        check(maxMessageBytes === undefined || maxMessageBytes >= 1, `${maxMessageBytes} bytes`);
      },
      close: () => {
        globalThis.fetch = fetch;
      },
    };
  },
};

export const relayTargets: readonly Target[] = [relayMessages, ourRelay, relayLists, information];
