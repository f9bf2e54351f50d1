import type { NostrEvent } from '@mcp-nostr/core';
import { type PublishOutcome, TransportError } from '@mcp-nostr/transport';

import { limits } from '../limits.ts';
import type { Announced } from './announce-options.ts';

export interface BoardOptions {
  relay: string;
  /** What is announced now, one event of a kind. */
  events: () => Iterable<NostrEvent>;
  /** Whether the relay can be asked. */
  isReady: () => boolean;
  /** What it has of this key. */
  query: () => Promise<NostrEvent[]>;
  publish: (event: NostrEvent) => Promise<PublishOutcome>;
  /** What it has; comes before anything is published there. */
  onfound: (events: NostrEvent[]) => void;
  onannounced: (announced: Announced) => void;
  onerror: (error: Error) => void;
}

/** One relay on which a server is announced: it gets what it lacks, also when it comes back without what it had. */
export class Board {
  readonly #options: BoardOptions;
  /** By kind the id of what the relay has, or refused. */
  readonly #settled: Map<number, string> = new Map();
  readonly #complaints: Set<string> = new Set();
  /** By kind the id of what the connection was lost with, once and once more: some relays cut whoever sends too much. */
  readonly #lost: Map<number, string> = new Map();
  readonly #cut: Map<number, string> = new Map();
  #isRead = false;
  #isRunning = false;
  #isWanted = false;
  #isClosed = false;
  #retryMs: number = limits.announceRetryMinMs;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: BoardOptions) {
    this.#options = options;
  }

  /** The relay is there, perhaps after a restart that has cost it what it had. */
  back(): void {
    this.#isRead = false;
    this.update();
  }

  /** There may be something that it lacks. */
  update(): void {
    this.#isWanted = true;
    if (!this.#isRunning) void this.#run(); // it never rejects
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    clearTimeout(this.#timer);
    while (this.#isWanted && !this.#isClosed) {
      this.#isWanted = false;
      try {
        await this.#post();
      } catch (error) {
        if (!this.#isClosed) this.#options.onerror(error instanceof Error ? error : new Error(String(error)));
      }
    }
    this.#isRunning = false;
  }

  async #post(): Promise<void> {
    const { relay, isReady, query, events, onfound, onannounced } = this.#options;
    if (!isReady()) return;
    if (!this.#isRead) {
      const found = await query();
      this.#isRead = true;
      this.#settled.clear();
      for (const { kind, id } of found) this.#settled.set(kind, id);
      onfound(found);
    }
    const kinds: number[] = [];
    for (const event of events()) {
      if (this.#isClosed || !isReady()) return;
      if (this.#settled.get(event.kind) === event.id || this.#cut.get(event.kind) === event.id) continue;
      const outcome = await this.#publish(event);
      if (outcome === 'later') return this.#later();
      if (outcome === 'taken') kinds.push(event.kind);
      this.#settled.set(event.kind, event.id);
    }
    this.#retryMs = limits.announceRetryMinMs;
    if (kinds.length > 0) onannounced({ relay, kinds });
  }

  /** `later`: it may take it another time. */
  async #publish(event: NostrEvent): Promise<'taken' | 'refused' | 'later'> {
    try {
      const outcome = await this.#options.publish(event);
      if (outcome === 'lost') return this.#losing(event);
      return outcome === 'congested' ? 'later' : 'taken';
    } catch (error) {
      if (this.#isClosed || !(error instanceof TransportError)) return 'later';
      if (!this.#options.isReady()) return 'later';
      this.#complain(event.kind, reasonOf(error), error);
      return 'refused';
    }
  }

  #losing({ kind, id, content }: NostrEvent): 'refused' | 'later' {
    if (this.#lost.get(kind) !== id) {
      this.#lost.set(kind, id);
      return 'later';
    }
    this.#cut.set(kind, id);
    this.#complain(kind, `it ended the connection twice over ${content.length} characters`);
    return 'refused';
  }

  /** Once for each kind: what changes often would be refused as often. */
  #complain(kind: number, reason: string, cause?: TransportError): void {
    const { relay, onerror } = this.#options;
    const complaint = `${relay} does not take kind ${kind} of the announcement: ${reason}`;
    if (this.#complaints.has(complaint)) return;
    this.#complaints.add(complaint);
    onerror(new Error(complaint, { cause }));
  }

  #later(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => this.update(), this.#retryMs);
    this.#retryMs = Math.min(2 * this.#retryMs, limits.announceRetryMaxMs);
  }
}

/** What the relay said. */
function reasonOf({ cause, message }: TransportError): string {
  return cause instanceof Error ? cause.message : message;
}
