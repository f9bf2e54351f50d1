import { isIPv6 } from 'node:net';

import type { RelayLimits } from '../limits.ts';

/** Counts live connections, in all and by address, and says when there are enough. */
export class Admission {
  readonly #limits: Pick<RelayLimits, 'maxConnections' | 'maxConnectionsPerIp'>;
  readonly #bySource = new Map<string, number>();
  #connections = 0;

  constructor(limits: Pick<RelayLimits, 'maxConnections' | 'maxConnectionsPerIp'>) {
    this.#limits = limits;
  }

  get connections(): number {
    return this.#connections;
  }

  /** Whether one more may come from this address. */
  check(ip: string): 'welcome' | 'relay-full' | 'too-many-from-there' {
    if (this.#connections >= this.#limits.maxConnections) return 'relay-full';
    const fromThere = this.#bySource.get(sourceOf(ip)) ?? 0;
    return fromThere >= this.#limits.maxConnectionsPerIp ? 'too-many-from-there' : 'welcome';
  }

  enter(ip: string): void {
    const source = sourceOf(ip);
    this.#connections += 1;
    this.#bySource.set(source, (this.#bySource.get(source) ?? 0) + 1);
  }

  leave(ip: string): void {
    const source = sourceOf(ip);
    const left = (this.#bySource.get(source) ?? 0) - 1;
    this.#connections -= 1;
    if (left > 0) this.#bySource.set(source, left);
    else this.#bySource.delete(source);
  }
}

/** What counts as one place: an IPv4 address, or the /64 of an IPv6 address, which is what one household gets. */
export function sourceOf(ip: string): string {
  if (!isIPv6(ip)) return ip;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip);
  if (mapped?.[1] !== undefined) return mapped[1];
  const [head = '', tail] = ip.toLowerCase().split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length;
  const groups = [...first, ...Array.from({ length: zeros }, () => '0'), ...last];
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
