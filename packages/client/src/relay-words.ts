import type { RelayState } from '@mcp-nostr/transport';

/** How the relays are and what became of them, for whoever reads that a server was not reached. */
export class RelayWords {
  /** Why the connection to a relay was lost last. */
  readonly #lost: Map<string, string> = new Map();

  note({ url, status, reason }: RelayState): void {
    if (status === 'waiting' && reason !== undefined) this.#lost.set(url, reason);
  }

  describe(states: RelayState[]): string {
    return states.map((state) => `${state.url} (${this.#wordsOf(state)})`).join(', ');
  }

  #wordsOf({ url, status, reason }: RelayState): string {
    const lost = this.#lost.get(url);
    if (status !== 'ready') return `not reached: ${reason ?? lost ?? status}`;
    // A relay may take a connection and end it over each event: that it is there now is not the whole truth.
    return lost === undefined ? 'reached' : `reached, lost before: ${lost}`;
  }
}
