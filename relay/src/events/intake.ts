import { eventJson, isEphemeral, type NostrEvent, verifyEvent } from '@mcp-nostr/core';

import type { Dispatcher, Subscription } from '../subscriptions/dispatcher.ts';
import type { RelayLimits } from '../limits.ts';
import { refusal } from './policies.ts';
import { RecentIds } from './recent-ids.ts';
import type { Reason } from '../messages/relay-messages.ts';
import type { Counters } from '../stats.ts';
import { applyDeletion, DELETION_KIND, isDeleted } from '../store/deletion.ts';
import { addressOf, type EventStore } from '../store/event-store.ts';
import { newestFirst } from '../store/sorted-events.ts';

/** A subscription that can be handed an event, as JSON; false when its connection is gone. */
export interface Subscriber extends Subscription {
  deliver(eventJson: string): boolean;
}

/** What the OK says. `forged`: the id or the signature was wrong, which no honest mistake explains. */
export type Verdict =
  | { accepted: true; message: Reason | '' }
  | { accepted: false; message: Reason; forged?: true };

/** Takes events that have the right shape: cheap checks first, then the signature, then the store and the readers. */
export class Intake {
  readonly #limits: RelayLimits;
  readonly #store: EventStore;
  readonly #dispatcher: Dispatcher<Subscriber>;
  readonly #counters: Counters;
  readonly #now: () => number;
  readonly #delivered: RecentIds;

  constructor(parts: {
    limits: RelayLimits;
    store: EventStore;
    dispatcher: Dispatcher<Subscriber>;
    counters: Counters;
    now: () => number;
  }) {
    this.#limits = parts.limits;
    this.#store = parts.store;
    this.#dispatcher = parts.dispatcher;
    this.#counters = parts.counters;
    this.#now = parts.now;
    this.#delivered = new RecentIds(parts.limits.maxRecentIds, parts.limits.recentIdMs, parts.now);
  }

  take(event: NostrEvent): Verdict {
    const verdict = this.#judge(event);
    if (verdict.message.startsWith('duplicate: ')) this.#counters.duplicates += 1;
    else if (verdict.accepted) this.#counters.accepted += 1;
    else if (verdict.message.startsWith('mute: ')) this.#counters.muted += 1;
    else this.#counters.refused += 1;
    return verdict;
  }

  #judge(event: NostrEvent): Verdict {
    if (this.#store.has(event.id) || this.#delivered.has(event.id)) {
      return { accepted: true, message: 'duplicate: have it already' };
    }
    const reason = refusal(event, this.#limits, this.#nowSeconds());
    if (reason !== undefined) return { accepted: false, message: reason };
    const contentJson = JSON.stringify(event.content);
    if (!verifyEvent(event, contentJson)) {
      return { accepted: false, message: 'invalid: the id or the signature is wrong', forged: true };
    }
    return isEphemeral(event.kind) ? this.#passOn(event, contentJson) : this.#keep(event, contentJson);
  }

  #passOn(event: NostrEvent, contentJson: string): Verdict {
    if (this.#deliver(event, contentJson) === 0) {
      // Not remembered: a sender that tries again a moment later, when somebody listens, must be heard.
      return { accepted: false, message: 'mute: nobody is listening for this' };
    }
    this.#delivered.add(event.id);
    return { accepted: true, message: '' };
  }

  #keep(event: NostrEvent, contentJson: string): Verdict {
    if (isDeleted(this.#store, event, this.#nowSeconds())) {
      return { accepted: false, message: 'blocked: deleted by its author' };
    }
    const address = addressOf(event);
    const current = address === undefined ? undefined : this.#store.at(address);
    if (current !== undefined && newestFirst(current, event) < 0) {
      // True, because the author's word is kept: a publisher that took this for a failure would go on offering it.
      return { accepted: true, message: 'duplicate: have a newer version' };
    }
    if (!this.#store.add(event)) {
      return {
        accepted: false,
        message: 'error: the relay is full, and all that it holds is newer than this',
      };
    }
    if (current !== undefined) this.#store.remove(current);
    if (event.kind === DELETION_KIND) applyDeletion(this.#store, event);
    this.#deliver(event, contentJson);
    return { accepted: true, message: '' };
  }

  /** To everybody whose subscription matches; the event is serialised once, and only if there is anybody. */
  #deliver(event: NostrEvent, contentJson: string): number {
    const subscribers = this.#dispatcher.find(event);
    if (subscribers.size === 0) return 0;
    const json = eventJson(event, contentJson);
    let delivered = 0;
    for (const subscriber of subscribers) if (subscriber.deliver(json)) delivered += 1;
    this.#counters.delivered += delivered;
    return delivered;
  }

  #nowSeconds(): number {
    return Math.floor(this.#now() / 1000);
  }
}
