import type { NostrEvent } from '@mcp-nostr/core';
import type { PublishOutcome } from '@mcp-nostr/transport';

import type { Scheduler } from './scheduler.ts';

/** What a relay of the simulation does to events. */
export interface Weather {
  /** Probability that a delivery does not happen. */
  loss: number;
  /** Probability that it happens once more, later. */
  repeat: number;
  minDelayMs: number;
  maxDelayMs: number;
  /** Probabilities that no OK comes, and that the relay says `rate-limited:`. */
  silentOk: number;
  congested: number;
  /** Times at which the relay is away, as pairs. */
  away: [from: number, to: number][];
}

/** Who is on the network: one key, connected to every relay that is there. */
export interface Station {
  readonly pubkey: string;
  /** How long it takes to come back to a relay. */
  readonly reconnectMs: number;
  /** `wrap`: of the copy on the way; the same for all relays. */
  receive: (event: NostrEvent, wrap: number, relay: string) => void;
  relaysChanged: (isReachable: boolean, isNew: boolean) => void;
}

const OK_TIMEOUT_MS = 2_000;

/** Relays between stations: each event goes on to who listens for its recipient, as the weather lets it. */
export class Network {
  readonly #scheduler: Scheduler;
  readonly #random: () => number;
  readonly #relays: Map<string, { weather: Weather; ready: Set<Station> }> = new Map();
  readonly #stations: Set<Station> = new Set();
  #wraps = 0;
  isCalm = false;

  constructor(scheduler: Scheduler, random: () => number, weathers: Weather[]) {
    this.#scheduler = scheduler;
    this.#random = random;
    for (const [index, weather] of weathers.entries()) {
      this.#relays.set(`relay ${index}`, { weather, ready: new Set() });
      for (const [from, to] of weather.away) {
        scheduler.after(from, () => this.#leave(`relay ${index}`));
        scheduler.after(to, () => this.#comeBack(`relay ${index}`));
      }
    }
  }

  join(station: Station): void {
    this.#stations.add(station);
    for (const name of this.#relays.keys()) this.#reach(name, station);
  }

  part(station: Station): void {
    this.#stations.delete(station);
    for (const { ready } of this.#relays.values()) ready.delete(station);
  }

  isReachable(station: Station): boolean {
    return [...this.#relays.values()].some(({ ready }) => ready.has(station));
  }

  /** As the relay pool does: to one relay, or all that are ready. */
  publish(
    from: Station,
    event: NostrEvent,
    relay: string | undefined,
    onoutcome: (outcome: PublishOutcome | 'failed') => void,
  ): void {
    const wrap = this.#wraps++;
    const ready = [...this.#relays].filter(([, each]) => each.ready.has(from));
    const one = ready.filter(([name]) => name === relay);
    const used = one.length > 0 ? one : ready;
    if (used.length === 0) return this.#scheduler.after(0, () => onoutcome('failed'));
    const outcomes: PublishOutcome[] = [];
    let isTold = false;
    const tell = (outcome: PublishOutcome): void => {
      outcomes.push(outcome);
      const isGood = outcome === 'accepted' || outcome === 'sent';
      if (isTold || (!isGood && outcomes.length < used.length)) return;
      isTold = true;
      onoutcome(isGood ? outcome : outcomes.includes('muted') ? 'muted' : outcome);
    };
    for (const [name] of used) this.#relay(name, event, wrap, tell);
  }

  #relay(name: string, event: NostrEvent, wrap: number, tell: (outcome: PublishOutcome) => void): void {
    const relay = this.#relays.get(name);
    if (relay === undefined) return;
    const { weather } = relay;
    const upMs = this.#delayMs(weather);
    const silent = this.#is(weather.silentOk);
    this.#scheduler.after(upMs, () => {
      const isHere = relay.ready.size > 0 && !this.#isAway(weather);
      if (!isHere || silent) this.#scheduler.after(OK_TIMEOUT_MS, () => tell('sent'));
      if (!isHere) return;
      if (this.#is(weather.congested)) {
        if (!silent) this.#scheduler.after(this.#delayMs(weather), () => tell('congested'));
        return;
      }
      const recipient = event.tags.find(([tag]) => tag === 'p')?.[1];
      const readers = [...relay.ready].filter(({ pubkey }) => pubkey === recipient);
      if (!silent)
        this.#scheduler.after(this.#delayMs(weather), () => tell(readers.length > 0 ? 'accepted' : 'muted'));
      for (const reader of readers) {
        if (!this.#is(weather.loss)) this.#deliver(name, reader, event, wrap, this.#delayMs(weather));
        if (this.#is(weather.repeat)) this.#deliver(name, reader, event, wrap, this.#delayMs(weather) * 3);
      }
    });
  }

  #deliver(name: string, reader: Station, event: NostrEvent, wrap: number, delayMs: number): void {
    this.#scheduler.after(delayMs, () => {
      if (this.#relays.get(name)?.ready.has(reader) === true) reader.receive(event, wrap, name);
    });
  }

  #delayMs({ minDelayMs, maxDelayMs }: Weather): number {
    return minDelayMs + this.#random() * (maxDelayMs - minDelayMs);
  }

  #is(probability: number): boolean {
    return !this.isCalm && this.#random() < probability;
  }

  #isAway({ away }: Weather): boolean {
    return away.some(([from, to]) => this.#scheduler.now >= from && this.#scheduler.now < to);
  }

  #leave(name: string): void {
    const relay = this.#relays.get(name);
    const gone = [...(relay?.ready ?? [])];
    relay?.ready.clear();
    for (const station of gone) station.relaysChanged(this.isReachable(station), false);
  }

  #comeBack(name: string): void {
    for (const station of this.#stations) this.#reach(name, station);
  }

  #reach(name: string, station: Station): void {
    this.#scheduler.after(this.#random() * station.reconnectMs, () => {
      const relay = this.#relays.get(name);
      if (relay === undefined || !this.#stations.has(station) || this.#isAway(relay.weather)) return;
      if (relay.ready.has(station)) return;
      relay.ready.add(station);
      station.relaysChanged(true, true);
    });
  }
}
