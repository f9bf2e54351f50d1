import type { CutProxy } from './cut-proxy.ts';
import type { Fault } from './plan.ts';
import type { Service } from './service.ts';

export interface World {
  relays: readonly Service[];
  server: Service;
  /** One before each relay. */
  proxies: readonly CutProxy[];
}

export interface FaultCounts {
  relayKills: number;
  /** Times at which all relays went together. */
  blackouts: number;
  serverKills: number;
  cutConnections: number;
  /** For how long no relay was of use, as it was and not as it was planned: a busy machine starts processes slowly. */
  longestDarkMs: number;
}

/**
 * A relay that was up for less was of no use: a client waits before it tries again, on a busy machine for longer, and is
 * cut off meanwhile. Where starts are slow the next outage begins as soon as a relay is up.
 */
const OF_USE_AFTER_MS = 2_000;

/** Does to the world what the plan says. */
export class Faults {
  readonly counts: FaultCounts = {
    relayKills: 0,
    blackouts: 0,
    serverKills: 0,
    cutConnections: 0,
    longestDarkMs: 0,
  };
  readonly #world: World;
  readonly #random: () => number;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #outages: Promise<void>[] = [];
  /** The last time without a relay. */
  #dark = { sinceMs: -Infinity, untilMs: -Infinity };

  constructor(world: World, random: () => number) {
    this.#world = world;
    this.#random = random;
    for (const relay of world.relays) relay.onup = () => this.#measureDarkness();
  }

  begin(plan: readonly Fault[]): void {
    for (const fault of plan) this.#timers.push(setTimeout(() => this.#cause(fault), fault.atMs));
  }

  /** No more faults; resolves when everything is up. @throws {Error} when something did not start again */
  async end(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    const { relays, server } = this.#world;
    await Promise.all([...relays, server].map((service) => service.recover()));
    await Promise.all(this.#outages);
  }

  #cause(fault: Fault): void {
    const { relays, server, proxies } = this.#world;
    if (fault.type === 'cut') {
      for (const proxy of proxies) this.counts.cutConnections += proxy.cut(fault.share, this.#random);
    } else if (fault.type === 'server down') {
      this.counts.serverKills++;
      this.#add(server.outage(fault.downMs));
    } else {
      const victims = relays.filter((_, index) => fault.relays.includes(index));
      this.counts.relayKills += victims.length;
      if (victims.length === relays.length) this.counts.blackouts++;
      for (const relay of victims) this.#add(relay.outage(fault.downMs));
    }
  }

  /** A relay is about to be up: it has been dark since the last of them went, if all had gone. */
  #measureDarkness(): void {
    const goneAtMs = Math.max(...this.#world.relays.map(({ downSince = Infinity }) => downSince));
    if (goneAtMs === Infinity) return;
    const isNew = goneAtMs - this.#dark.untilMs > OF_USE_AFTER_MS;
    const untilMs = performance.now();
    this.#dark = { sinceMs: isNew ? goneAtMs : this.#dark.sinceMs, untilMs };
    const darkMs = Math.round(untilMs - this.#dark.sinceMs);
    this.counts.longestDarkMs = Math.max(this.counts.longestDarkMs, darkMs);
  }

  #add(outage: Promise<void>): void {
    outage.catch(() => {}); // `end()` throws it
    this.#outages.push(outage);
  }
}
