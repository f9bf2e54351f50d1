import { isRecord, type NostrEvent, parseEvent } from '@mcp-nostr/core';
import { onTestFinished } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';

import { NOW_SECONDS } from './fixtures.test.helper.ts';
import { type Relay, type RelayOptions, startRelay } from './relay.ts';

type Message = unknown[];

/** A relay that closes with the test and lives at the time of the tests. */
export async function openRelay(options: RelayOptions = {}): Promise<Relay> {
  const relay = await startRelay({ now: () => NOW_SECONDS * 1000, ...options });
  onTestFinished(() => relay.close());
  return relay;
}

/** A connection to the relay that closes with the test. */
export async function openClient(relay: Relay, options: ClientOptions = {}): Promise<RawClient> {
  const socket = new WebSocket(relay.url, options);
  const client = new RawClient(socket);
  onTestFinished(() => socket.terminate());
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return client;
}

/** A client that says what it is told to, right or wrong, and shows what it hears, in order. */
export class RawClient {
  readonly socket: WebSocket;
  readonly closed: Promise<{ code: number; reason: string }>;
  /** How often the relay has asked whether it is alive, from the very first on. */
  pings = 0;
  #heard: Message[] = [];
  #waiting: (() => void)[] = [];
  #isClosed = false;
  #fences = 0;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => {
      const text = Buffer.isBuffer(data) ? data.toString() : '';
      const message: unknown = JSON.parse(text);
      if (!Array.isArray(message)) throw new Error(`the relay sent no array: ${text}`);
      this.#heard.push(message);
      this.#changed();
    });
    socket.on('ping', () => {
      this.pings += 1;
    });
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => {
        this.#isClosed = true;
        this.#changed();
        resolve({ code, reason: reason.toString() });
      });
    });
  }

  say(...message: Message): void {
    this.socket.send(JSON.stringify(message));
  }

  /** The next message that has not been taken. */
  next(): Promise<Message> {
    return this.#take(() => true);
  }

  /** Everything that the relay sent before it read what this client said last. */
  async heard(): Promise<Message[]> {
    this.#fences += 1;
    const fence = `FENCE ${this.#fences}`;
    this.say(fence);
    const before: Message[] = [];
    for (;;) {
      const message = await this.next();
      if (message[0] === 'NOTICE' && String(message[1]).includes(fence)) return before;
      before.push(message);
    }
  }

  /** Publishes and returns the answer. */
  publish(event: NostrEvent): Promise<Message> {
    this.say('EVENT', event);
    return this.#take(([verb, id]) => verb === 'OK' && id === event.id);
  }

  /** Subscribes and returns the stored events, up to EOSE. */
  async request(subscriptionId: string, ...filters: object[]): Promise<NostrEvent[]> {
    this.say('REQ', subscriptionId, ...filters);
    const events: NostrEvent[] = [];
    for (;;) {
      const [verb, id, value] = await this.#take(([, to]) => to === subscriptionId);
      if (verb === 'EOSE') return events;
      if (verb !== 'EVENT')
        throw new Error(`the relay answered ${String(verb)} ${String(id)}: ${String(value)}`);
      events.push(parseEvent(value));
    }
  }

  /** The ids of the events that have come live, with the subscription of each, in order. */
  async live(): Promise<[subscriptionId: unknown, eventId: unknown][]> {
    return (await this.heard()).flatMap(([verb, to, event]) =>
      verb === 'EVENT' ? [[to, isRecord(event) ? event.id : undefined]] : [],
    );
  }

  #changed(): void {
    for (const look of this.#waiting.splice(0)) look();
  }

  async #take(wanted: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const index = this.#heard.findIndex(wanted);
      const [message] = index < 0 ? [] : this.#heard.splice(index, 1);
      if (message !== undefined) return message;
      if (this.#isClosed) throw new Error('the relay closed the connection');
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }
}
