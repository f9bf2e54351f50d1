import { AUTH_KIND, eventJson, isRecord, type NostrEvent, parseEvent, type Signer } from '@mcp-nostr/core';
import type { Filter } from '@mcp-nostr/transport';
import type { WebSocket } from 'ws';

/** The relay refused; `reason` is its own words. */
export class RelayRefusal extends Error {
  override readonly name = 'RelayRefusal';
  readonly code = 'relay_refused';
  readonly reason: string;
  constructor(reason: string) {
    super(reason === '' ? 'refused without a reason' : reason);
    this.reason = reason;
  }

  /** NIP-42 */
  get wantsAuth(): boolean {
    return /^(error:)?\s*auth-required\b/i.test(this.reason);
  }
}

interface Waiting {
  resolve: (reason: string) => void;
  reject: (error: Error) => void;
}

/**
 * NIP-01 over one socket, as it happens: unlike the connections that carry MCP it repeats nothing and hides nothing,
 * so that each answer of the relay can be told.
 */
export class RelayTalk {
  /** NIP-42: relays may send one to whoever comes, and need not ask for its answer. */
  challenge: string | undefined;
  onevent: (event: NostrEvent) => void = () => undefined;
  readonly #socket: WebSocket;
  readonly #waiting: Map<string, Waiting> = new Map();
  #closed: Error | undefined;
  #authenticated: Promise<void> | undefined;

  /** `socket`: open; a relay may have spoken already. */
  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => {
      if (Buffer.isBuffer(data)) this.#onmessage(data.toString('utf8'));
    });
    socket.on('close', (code, reason) => {
      const words = reason.toString('utf8');
      this.#lose(new Error(`the relay closed the connection (${code}${words === '' ? '' : `: ${words}`})`));
    });
    if (socket.isPaused) socket.resume();
  }

  get isOpen(): boolean {
    return this.#closed === undefined;
  }

  /** Resolves when what is sent from now on will be delivered (EOSE). @throws {RelayRefusal} */
  async subscribe(filter: Filter): Promise<void> {
    await this.#ask('EOSE doctor', JSON.stringify(['REQ', 'doctor', filter]));
  }

  /** Resolves with the relay's remark on an event that it took. @throws {RelayRefusal} */
  publish(event: NostrEvent): Promise<string> {
    return this.#ask(`OK ${event.id}`, `["EVENT",${eventJson(event)}]`);
  }

  /** NIP-42, once for all that was refused for want of it. @throws {RelayRefusal} */
  authenticate(relay: string, signer: Signer): Promise<void> {
    this.#authenticated ??= this.#authenticate(relay, signer);
    return this.#authenticated;
  }

  close(): void {
    this.#lose(new Error('the check is over'));
    this.#socket.terminate();
  }

  async #authenticate(relay: string, signer: Signer): Promise<void> {
    if (this.challenge === undefined) throw new RelayRefusal('auth-required, and no challenge was sent');
    const event = await signer.signEvent({
      kind: AUTH_KIND,
      created_at: Math.floor(Date.now() / 1000),
      tags: [
        ['relay', relay],
        ['challenge', this.challenge],
      ],
      content: '',
    });
    await this.#ask(`OK ${event.id}`, JSON.stringify(['AUTH', event]));
  }

  #ask(answer: string, text: string): Promise<string> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    const answered = new Promise<string>((resolve, reject) => this.#waiting.set(answer, { resolve, reject }));
    this.#socket.send(text, () => undefined); // a failure is followed by `close`
    return answered;
  }

  #onmessage(text: string): void {
    const message = parseMessage(text);
    const [type, first, second, third] = message;
    if (type === 'AUTH' && typeof first === 'string') this.challenge = first;
    else if (type === 'EVENT') this.#event(second);
    else if (type === 'EOSE') this.#settle(`EOSE ${String(first)}`)?.resolve('');
    else if (type === 'CLOSED')
      this.#settle(`EOSE ${String(first)}`)?.reject(new RelayRefusal(wordsOf(second)));
    else if (type === 'OK') {
      const waiting = this.#settle(`OK ${String(first)}`);
      if (second === true) waiting?.resolve(wordsOf(third));
      else waiting?.reject(new RelayRefusal(wordsOf(third)));
    }
  }

  #event(value: unknown): void {
    let event: NostrEvent;
    try {
      event = parseEvent(value);
    } catch {
      return; // Not one of those that were sent from here.
    }
    this.onevent(event);
  }

  #settle(answer: string): Waiting | undefined {
    const waiting = this.#waiting.get(answer);
    this.#waiting.delete(answer);
    return waiting;
  }

  #lose(reason: Error): void {
    this.#closed ??= reason;
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }
}

function parseMessage(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

function wordsOf(value: unknown): string {
  return typeof value === 'string' ? value : isRecord(value) ? JSON.stringify(value) : '';
}
