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
  /** For how long no relay was up, as it was and not as it was planned: a busy machine starts processes slowly. */
  longestDarkMs: number;
}

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
    const goneAt = this.#world.relays.map(({ downSince = Infinity }) => downSince);
    const darkMs = Math.round(performance.now() - Math.max(...goneAt));
    this.counts.longestDarkMs = Math.max(this.counts.longestDarkMs, darkMs);
  }

  #add(outage: Promise<void>): void {
    outage.catch(() => {}); // `end()` throws it
    this.#outages.push(outage);
  }
}
