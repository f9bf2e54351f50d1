import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import { AUTH_KIND, type NostrEvent, parseEvent, randomHex, tagValue, verifyEvent } from '@mcp-nostr/core';
import { onTestFinished } from 'vitest';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';

import { freePort } from './free-ports.ts';

type Verb = 'REQ' | 'EVENT';

/** How the relay behaves. Any of it may be changed while it runs. */
export interface RelayScript {
  /** Refuses these with `auth-required:` until the connection has authenticated. */
  demandsAuth: Verb[];
  /** When the challenge is sent. `after-refusal`: only when something was refused. */
  sendsChallenge: 'at-connect' | 'after-refusal' | 'never';
  /** Refuses every AUTH, for this reason. */
  refusesAuth: string | undefined;
  /** Says so of no AUTH, right or wrong. */
  acknowledgesAuth: boolean;
  /** Refuses every EVENT, for this reason (`mute: …`, `blocked: …`). */
  refusesEvents: string | undefined;
  /** Refuses so many more events with `rate-limited:`. */
  rateLimits: number;
  /** Refuses every REQ, for this reason. */
  refusesSubscriptions: string | undefined;
  sendsOk: boolean;
  sendsEose: boolean;
  /** How often each event is handed to each subscriber. */
  copies: number;
  /** Takes the bytes and does nothing any more: no answer, no pong, no goodbye. */
  isHalfOpen: boolean;
  /** Sent to every REQ that is answered, as its stored events; as they are, good or bad. */
  stored: unknown[];
  /** Cuts whoever sends a longer message, and says nothing. */
  cutsAboveBytes: number;
  /** Never answers who asks for its NIP-11 document. */
  withholdsInformation: boolean;
  /** How far its clock is ahead, by the `Date` header that its NIP-11 document comes with. */
  clockAheadMs: number;
  /** The NIP-11 document; a string is sent as it is, undefined is a 404. */
  information: unknown;
}

const usual: RelayScript = {
  demandsAuth: [],
  sendsChallenge: 'at-connect',
  refusesAuth: undefined,
  acknowledgesAuth: true,
  refusesEvents: undefined,
  rateLimits: 0,
  refusesSubscriptions: undefined,
  sendsOk: true,
  sendsEose: true,
  copies: 1,
  isHalfOpen: false,
  stored: [],
  cutsAboveBytes: Infinity,
  withholdsInformation: false,
  clockAheadMs: 0,
  information: undefined,
};

interface Client {
  readonly socket: WebSocket;
  readonly challenge: string;
  readonly subscriptions: Set<string>;
  isAuthenticated: boolean;
}

/** A relay that stops with the test. */
export async function openScriptedRelay(script: Partial<RelayScript> = {}): Promise<ScriptedRelay> {
  const relay = new ScriptedRelay(script);
  await relay.start();
  onTestFinished(() => relay.stop());
  return relay;
}

/** A relay's URL at which nobody listens until it is started. */
export async function closedScriptedRelay(script: Partial<RelayScript> = {}): Promise<ScriptedRelay> {
  const relay = await openScriptedRelay(script);
  await relay.stop();
  return relay;
}

/** A relay that does what a test says. It matches no filters: every subscription gets every event. */
export class ScriptedRelay {
  readonly script: RelayScript;
  /** What clients said and when they came and went, in order: `open`, `REQ s0`, `EVENT <id>`, `AUTH ok`, `close`. */
  readonly log: string[] = [];
  /** The filters of every REQ. */
  readonly filters: unknown[][] = [];
  readonly events: NostrEvent[] = [];
  /** How many information documents were asked for. */
  informationRequests = 0;
  readonly #clients: Set<Client> = new Set();
  readonly #http = createServer((request, response) => this.#onhttp(request, response));
  readonly #server = new WebSocketServer({ noServer: true, autoPong: false, perMessageDeflate: false });
  #changed: () => void = () => {};
  #port = 0;

  constructor(script: Partial<RelayScript> = {}) {
    this.script = { ...usual, ...script };
    this.#http.on('upgrade', (request, socket, head) => {
      this.#server.handleUpgrade(request, socket, head, (client) => this.#onclient(client));
    });
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#port}`;
  }

  /** The log of the newest connection. */
  get sinceOpen(): string[] {
    return this.log.slice(this.log.lastIndexOf('open'));
  }

  get connections(): number {
    return this.#clients.size;
  }

  /** Listens, after `stop()` on the port that it had. */
  async start(): Promise<void> {
    // Its own also while it is stopped.
    if (this.#port === 0) this.#port = await freePort();
    this.#http.listen(this.#port, '127.0.0.1');
    await once(this.#http, 'listening');
  }

  /** Cuts everybody off and frees the port. */
  async stop(): Promise<void> {
    this.cut();
    if (!this.#http.listening) return;
    const closed = once(this.#http, 'close');
    this.#http.close();
    this.#http.closeAllConnections();
    await closed;
  }

  /** Ends all connections without a goodbye. */
  cut(): void {
    for (const { socket } of this.#clients) socket.terminate();
  }

  /** To every client: an array as JSON, anything else as it is. */
  say(message: unknown[] | string | Uint8Array): void {
    const data = Array.isArray(message) ? JSON.stringify(message) : message;
    for (const { socket } of this.#clients) socket.send(data);
  }

  /** An event to all subscriptions, as it is. */
  deliver(event: unknown): void {
    for (const client of this.#clients) {
      for (const id of client.subscriptions) this.#to(client, ['EVENT', id, event]);
    }
  }

  /** Ends every subscription in mid-life. */
  endSubscriptions(reason: string): void {
    for (const client of this.#clients) {
      for (const id of client.subscriptions) this.#to(client, ['CLOSED', id, reason]);
      client.subscriptions.clear();
    }
  }

  /** Resolves when the log has so many lines that begin with this. */
  async heard(line: string, count = 1): Promise<void> {
    while (this.log.filter((each) => each.startsWith(line)).length < count) await this.change();
  }

  /** The next line of the log. */
  change(): Promise<void> {
    return new Promise((resolve) => {
      const earlier = this.#changed;
      this.#changed = () => {
        earlier();
        resolve();
      };
    });
  }

  #note(line: string): void {
    this.log.push(line);
    const changed = this.#changed;
    this.#changed = () => {};
    changed();
  }

  #onhttp(_request: IncomingMessage, response: ServerResponse): void {
    const { information, isHalfOpen, withholdsInformation, clockAheadMs } = this.script;
    this.informationRequests++;
    response.setHeader('date', new Date(Date.now() + clockAheadMs).toUTCString());
    if (isHalfOpen || withholdsInformation) return;
    if (information === undefined) response.statusCode = 404;
    response.end(typeof information === 'string' ? information : JSON.stringify(information ?? null));
  }

  #onclient(socket: WebSocket): void {
    const client: Client = {
      socket,
      challenge: randomHex(8),
      subscriptions: new Set(),
      isAuthenticated: false,
    };
    this.#clients.add(client);
    this.#note('open');
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#clients.delete(client);
      this.#note('close');
    });
    socket.on('ping', () => {
      this.#note('ping');
      if (!this.script.isHalfOpen) socket.pong();
    });
    socket.on('message', (data) => this.#onmessage(client, readText(data)));
    if (this.script.sendsChallenge === 'at-connect') this.#to(client, ['AUTH', client.challenge]);
  }

  #onmessage(client: Client, text: string): void {
    if (text.length > this.script.cutsAboveBytes) return client.socket.terminate();
    const message: unknown = JSON.parse(text);
    if (!Array.isArray(message)) throw new TypeError(`the client sent no array: ${text}`);
    const [verb, first, ...rest]: unknown[] = message;
    if (verb === 'REQ') this.#onreq(client, String(first), rest);
    else if (verb === 'EVENT') this.#onevent(client, parseEvent(first));
    else if (verb === 'AUTH') this.#onauth(client, parseEvent(first));
    else if (verb === 'CLOSE') {
      client.subscriptions.delete(String(first));
      this.#note(`CLOSE ${String(first)}`);
    } else throw new TypeError(`the client sent ${text}`);
  }

  #onreq(client: Client, id: string, filters: unknown[]): void {
    const { stored, refusesSubscriptions, sendsEose } = this.script;
    this.filters.push(filters);
    const isBarred = this.#isBarred(client, 'REQ');
    const refusal = isBarred ? 'auth-required: who are you?' : refusesSubscriptions;
    this.#note(`REQ ${id}`);
    if (refusal !== undefined) {
      this.#to(client, ['CLOSED', id, refusal]);
      if (isBarred) this.#challenge(client);
      return;
    }
    client.subscriptions.add(id);
    for (const event of stored) this.#to(client, ['EVENT', id, event]);
    if (sendsEose) this.#to(client, ['EOSE', id]);
  }

  #onevent(client: Client, event: NostrEvent): void {
    this.#note(`EVENT ${event.id}`);
    if (this.#isBarred(client, 'EVENT')) {
      this.#to(client, ['OK', event.id, false, 'auth-required: who are you?']);
      return this.#challenge(client);
    }
    const { refusesEvents, sendsOk, copies } = this.script;
    let refusal = refusesEvents;
    if (this.script.rateLimits > 0) {
      this.script.rateLimits--;
      refusal = 'rate-limited: slow down';
    }
    if (refusal !== undefined) return this.#to(client, ['OK', event.id, false, refusal]);
    this.events.push(event);
    for (let copy = 0; copy < copies; copy++) this.deliver(event);
    if (sendsOk) this.#to(client, ['OK', event.id, true, '']);
  }

  #onauth(client: Client, event: NostrEvent): void {
    const { refusesAuth, acknowledgesAuth } = this.script;
    const isRight =
      event.kind === AUTH_KIND &&
      tagValue(event, 'relay') === this.url &&
      tagValue(event, 'challenge') === client.challenge &&
      Math.abs(event.created_at - Date.now() / 1000) < 600 &&
      verifyEvent(event);
    client.isAuthenticated = isRight && refusesAuth === undefined;
    this.#note(isRight ? 'AUTH ok' : 'AUTH wrong');
    if (!acknowledgesAuth) return;
    const reason = refusesAuth ?? (isRight ? '' : 'invalid: not the answer to our challenge');
    this.#to(client, ['OK', event.id, client.isAuthenticated, reason]);
  }

  #isBarred(client: Client, verb: Verb): boolean {
    return this.script.demandsAuth.includes(verb) && !client.isAuthenticated;
  }

  #challenge(client: Client): void {
    if (this.script.sendsChallenge === 'after-refusal') this.#to(client, ['AUTH', client.challenge]);
  }

  #to(client: Client, message: unknown[]): void {
    if (!this.script.isHalfOpen) client.socket.send(JSON.stringify(message));
  }
}

/** With the default `binaryType` of ws a message is one Buffer. */
function readText(data: RawData): string {
  if (!Buffer.isBuffer(data)) throw new TypeError('the message is in parts');
  return data.toString('utf8');
}
