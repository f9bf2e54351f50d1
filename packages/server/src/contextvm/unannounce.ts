import { type NostrEvent, parseRelayUrl, type Signer } from '@mcp-nostr/core';
import { announcementKinds, withdrawalTemplate } from '@mcp-nostr/core/contextvm';
import { boundedSigner, RelayPool, type RelayState } from '@mcp-nostr/transport';

import { limits } from '../limits.ts';

export interface UnannounceOptions {
  /** Of the server, which need not run. One that runs announces itself again when its lists change. */
  signer: Signer;
  relays: readonly string[];
  /** @default those of an announcement; its relay list is 10002, its profile 0 */
  kinds?: readonly number[] | undefined;
  /** For people. @default none */
  reason?: string | undefined;
}

/** What became of an announcement on one relay. */
export interface Unannounced {
  relay: string;
  /** Events that it had. */
  found: number;
  /** Those that it still has: some relays do not delete. */
  left: number;
  /** Why it is not known, or was not done. */
  problem?: string;
}

/**
 * Has relays delete what a server has announced (NIP-09): what they have, and earlier versions that they may be given
 * again. Returns when each has been asked what is left there.
 * @throws {AddressError} for what is no relay's URL @throws {TransportError} `signer_failed`
 */
export async function unannounce(options: UnannounceOptions): Promise<Unannounced[]> {
  const { kinds = announcementKinds, reason } = options;
  const signer = boundedSigner(options.signer);
  const pubkey = await signer.getPublicKey();
  const urls = [...new Set(options.relays.map(parseRelayUrl))];
  const visits = urls.map((url) => new Visit(url, { kinds: [...kinds], authors: [pubkey] }, signer));
  try {
    const found = (await Promise.all(visits.map((visit) => visit.read()))).flat();
    if (found.length === 0) return visits.map((visit) => visit.outcome);
    const withdrawn = {
      kinds,
      ids: [...new Set(found.map(({ id }) => id))],
      ...(reason !== undefined && { reason }),
    };
    // An address covers what is no newer than the request itself.
    const at = Math.max(Math.floor(Date.now() / 1_000), ...found.map((event) => event.created_at));
    const deletion = await signer.signEvent(withdrawalTemplate(pubkey, withdrawn, at));
    await Promise.all(visits.map((visit) => visit.delete(deletion)));
    return visits.map((visit) => visit.outcome);
  } finally {
    for (const visit of visits) visit.close();
  }
}

/** One relay, for a moment. */
class Visit {
  outcome: Unannounced;
  readonly #pool: RelayPool;
  readonly #filter: { kinds: number[]; authors: string[] };
  readonly #arrival: Promise<boolean>;
  #onarrival: ((isThere: boolean) => void) | undefined;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(relay: string, filter: { kinds: number[]; authors: string[] }, signer: Signer) {
    this.outcome = { relay, found: 0, left: 0 };
    this.#filter = filter;
    this.#pool = new RelayPool({
      relays: [relay],
      signer,
      onstate: ({ status }) => this.#onstatus(status),
    });
    this.#arrival = new Promise((resolve) => {
      this.#onarrival = resolve;
      this.#timer = setTimeout(() => resolve(false), limits.unannounceTimeoutMs);
    });
  }

  async read(): Promise<NostrEvent[]> {
    if (!(await this.#arrival)) {
      this.outcome.problem = `not reached: ${this.#pool.states[0]?.reason ?? 'it does not answer'}`;
      return [];
    }
    const found = await this.#pool.query(this.#filter, limits.announceQueryMs);
    this.outcome.found = this.outcome.left = found.length;
    return found;
  }

  /** Never rejects. */
  async delete(deletion: NostrEvent): Promise<void> {
    if (this.outcome.problem !== undefined) return;
    try {
      await this.#pool.publish(deletion);
      const left = await this.#pool.query(this.#filter, limits.announceQueryMs);
      this.outcome.left = left.filter((event) => event.created_at <= deletion.created_at).length;
      if (this.outcome.left > 0) this.outcome.problem = 'it keeps what it was asked to delete';
    } catch (error) {
      this.outcome.problem = error instanceof Error ? error.message : String(error);
    }
  }

  #onstatus(status: RelayState['status']): void {
    if (status === 'ready') this.#onarrival?.(true);
    // It was asked twice, and somebody waits.
    if (status === 'waiting' && ++this.#failures === 2) this.#onarrival?.(false);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#pool.close();
  }
}
