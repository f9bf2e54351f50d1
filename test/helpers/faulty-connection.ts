import type { WebSocket } from 'ws';

import type { FaultCounts } from './fault-counts.ts';
import {
  decideDelivery,
  decidePassage,
  decidePublication,
  type Delivery,
  type Faults,
  type Publication,
} from './faults.ts';
import { seededRandom } from './random.ts';
import { garbled, parseMessage, type WireEvent } from './wire-event.ts';

export interface FaultyConnectionOptions {
  /** Of the client at the proxy, and of the proxy at the relay; both are open. */
  client: WebSocket;
  relay: WebSocket;
  /** What goes wrong at present. */
  faults: () => Faults;
  counts: FaultCounts;
  seed: number;
}

/** How long an event that is to be overtaken waits for the one that overtakes it. */
const MAX_HELD_MS = 100;

/** One client's connection to a relay, on which things go wrong. */
export class FaultyConnection {
  readonly #options: FaultyConnectionOptions;
  readonly #timers: Set<NodeJS.Timeout> = new Set();
  /** Events that wait until another one has overtaken them. */
  readonly #heldBack: Set<() => void> = new Set();
  /** What the relay said besides events and OKs: it keeps its order. */
  readonly #inOrder: { text: string; delayMs: number }[] = [];
  /** By event id: what was decided of the OK that is to come. */
  readonly #answers: Map<string, Publication> = new Map();
  /** One row of numbers for each kind of message: how they fall between each other is not the seed's. */
  readonly #random: Record<'delivery' | 'publication' | 'fromClient' | 'fromRelay', () => number>;

  constructor(options: FaultyConnectionOptions) {
    const { seed } = options;
    this.#options = options;
    this.#random = {
      delivery: seededRandom(seed),
      publication: seededRandom(seed + 1),
      fromClient: seededRandom(seed + 2),
      fromRelay: seededRandom(seed + 3),
    };
  }

  start(): void {
    const { client, relay } = this.#options;
    client.on('message', (data) => this.#onclientmessage((data as Buffer).toString('utf8')));
    relay.on('message', (data) => this.#onrelaymessage((data as Buffer).toString('utf8')));
    for (const [socket, other] of [
      [client, relay],
      [relay, client],
    ] as const) {
      socket.on('error', () => {}); // `close` follows
      socket.on('close', (code, reason) => {
        this.#forget();
        if (isSendable(code)) other.close(code, reason);
        else other.terminate();
      });
    }
  }

  #onclientmessage(text: string): void {
    const { faults, relay } = this.#options;
    const [type, event] = parseMessage(text);
    if (type === 'EVENT') {
      this.#publish(text, String((event as { id?: unknown } | undefined)?.id));
    } else {
      const { isCutAfter } = decidePassage(faults(), this.#random.fromClient);
      send(relay, text);
      if (isCutAfter) this.#cut();
    }
  }

  #publish(text: string, id: string): void {
    const { counts, faults, relay } = this.#options;
    const publication = decidePublication(faults(), this.#random.publication);
    if (publication.isRateLimited) {
      counts.rateLimited++;
      this.#answer(JSON.stringify(['OK', id, false, 'rate-limited: slow down']), publication);
    } else if (publication.isSwallowed) {
      counts.swallowed++;
      this.#answer(JSON.stringify(['OK', id, true, '']), publication);
    } else {
      this.#answers.set(id, publication);
      send(relay, text);
    }
    if (publication.isCutAfter) this.#cut();
  }

  #answer(text: string, { isAnswered, answerAfterMs }: Publication): void {
    const { client, counts } = this.#options;
    if (!isAnswered) {
      counts.oksSwallowed++;
      return;
    }
    if (answerAfterMs > 0) counts.oksDelayed++;
    this.#after(answerAfterMs, () => send(client, text));
  }

  #onrelaymessage(text: string): void {
    const { faults } = this.#options;
    const [type, second, third] = parseMessage(text);
    const publication = type === 'OK' ? this.#answers.get(String(second)) : undefined;
    if (type === 'EVENT') {
      this.#deliver(text, third as WireEvent, decideDelivery(faults(), this.#random.delivery));
    } else if (publication !== undefined) {
      this.#answers.delete(String(second));
      this.#answer(text, publication);
    } else {
      const { delayMs, isCutAfter } = decidePassage(faults(), this.#random.fromRelay);
      this.#inOrder.push({ text, delayMs });
      if (this.#inOrder.length === 1) this.#passInOrder();
      if (isCutAfter) this.#cut();
    }
  }

  #deliver(text: string, event: WireEvent, delivery: Delivery): void {
    const { counts } = this.#options;
    if (delivery.isDropped) {
      counts.dropped++;
    } else if (delivery.isTruncated) {
      counts.truncated++;
      this.#hand(text.slice(0, Math.floor(delivery.damagedAt * text.length)), event, delivery);
    } else {
      if (delivery.isGarbled) {
        counts.garbled++;
        const [type, subscription] = parseMessage(text);
        send(this.#options.client, JSON.stringify([type, subscription, garbled(event, delivery.damagedAt)]));
      }
      this.#hand(text, event, delivery);
    }
    if (delivery.isCutAfter) this.#cut();
  }

  /** Hands the text to the client as often as it is to be, and when. */
  #hand(text: string, { kind }: WireEvent, { copiesAfterMs, delayMs, isHeldBack }: Delivery): void {
    const { client, counts } = this.#options;
    // A stored event that came behind its EOSE would be none of these faults, but another relay.
    const isStored = kind < 20_000 || kind >= 30_000;
    const delayOfThisMs = isStored ? 0 : delayMs;
    if (delayOfThisMs > 0) counts.delayed++;
    if (copiesAfterMs.length > 0) counts.repeated++;
    for (const afterMs of copiesAfterMs) this.#after(delayOfThisMs + afterMs, () => send(client, text));
    this.#after(delayOfThisMs, () => {
      if (isHeldBack && !isStored) return this.#holdBack(text);
      send(client, text);
      for (const release of this.#heldBack) release();
    });
  }

  #holdBack(text: string): void {
    const { client, counts } = this.#options;
    counts.reordered++;
    const release = (): void => {
      if (this.#heldBack.delete(release)) send(client, text);
    };
    this.#heldBack.add(release);
    this.#after(MAX_HELD_MS, release);
  }

  #passInOrder(): void {
    const [next] = this.#inOrder;
    if (next === undefined) return;
    this.#after(next.delayMs, () => {
      send(this.#options.client, next.text);
      this.#inOrder.shift();
      this.#passInOrder();
    });
  }

  #cut(): void {
    this.#options.counts.cut++;
    this.#forget();
    this.#options.client.terminate(); // and with it, the other one
  }

  /** What is still on its way is lost with the connection. */
  #forget(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#heldBack.clear();
    this.#inOrder.length = 0;
  }

  #after(delayMs: number, run: () => void): void {
    if (delayMs <= 0) return run();
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, delayMs);
    this.#timers.add(timer);
  }
}

function send(socket: WebSocket, text: string): void {
  if (socket.readyState === socket.OPEN) socket.send(text, () => {});
}

/** Whether a close frame may carry the code: some only tell that there was none. */
function isSendable(code: number): boolean {
  return (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) || code >= 3000;
}
