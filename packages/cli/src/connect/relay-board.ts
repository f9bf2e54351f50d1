import type { RelayState } from '@mcp-nostr/transport';

/** How the relays of one connection are, as its layers above have to know it. */
export class RelayBoard {
  readonly #states: Map<string, RelayState> = new Map();
  #onchange: (() => void) | undefined;
  #lostAt: number | undefined;

  /** Takes a state of a relay. */
  readonly update = (state: RelayState): void => {
    const wasReady = this.readyCount > 0;
    if (state.status === 'closed') this.#states.delete(state.url);
    else this.#states.set(state.url, state);
    if (wasReady && this.readyCount === 0) this.#lostAt = performance.now();
    this.#onchange?.();
  };

  /** Called after each change; one listener. */
  set onchange(listener: (() => void) | undefined) {
    this.#onchange = listener;
  }

  /** No relay can be reached: of each the last attempt has failed, and the next has not succeeded. */
  get areDown(): boolean {
    return this.#states.size > 0 && this.all.every(({ status, reason }) => hasFailed(status, reason));
  }

  /** When the last one was lost, in milliseconds of `performance.now()`; undefined where none was. */
  get lostAt(): number | undefined {
    return this.#lostAt;
  }

  get all(): RelayState[] {
    return [...this.#states.values()];
  }

  get readyCount(): number {
    return this.all.filter(({ status }) => status === 'ready').length;
  }

  /** `1 of 3 relays is connected`, with why the others are not. */
  describe(): string {
    const { all, readyCount } = this;
    if (all.length === 0) return 'its relays are not known yet';
    const missing = all
      .filter(({ status }) => status !== 'ready')
      .map(({ url, reason }) => `${url}: ${reason ?? 'connecting'}`);
    const relays = all.length === 1 ? 'relay is' : 'relays are';
    return `${readyCount} of ${all.length} ${relays} connected${missing.length > 0 ? ` (${missing.join('; ')})` : ''}`;
  }
}

function hasFailed(status: RelayState['status'], reason: string | undefined): boolean {
  return status === 'waiting' || (status === 'connecting' && reason !== undefined);
}
