import { isListening, isRecord, type JsonRpcRequest } from '@mcp-nostr/core';

import type { RelayBoard } from '../relay-board.ts';
import type { CatalogueKeeper } from './catalogue-keeper.ts';
import type { CatalogueTiming } from './limits.ts';
import { isListMethod } from './lists.ts';
import type { Failure } from './tool-failure.ts';
import type { Way } from './way.ts';
import { explain, instructionsUnknown, nameOf, type ServerName } from './words.ts';

export interface OutlookOptions {
  way: Way;
  relays: RelayBoard;
  keeper: CatalogueKeeper;
  /** The server's key, hex. */
  pubkey: string;
  /** The words of a command line that lead to the server as it was given: its address, and options. */
  words: string;
  timing: CatalogueTiming;
}

/** Whether it is worth while to wait for the server, and what to say when it is not. */
export class Outlook {
  readonly #options: OutlookOptions;

  constructor(options: OutlookOptions) {
    this.#options = options;
  }

  get isLive(): boolean {
    return this.#options.way.isUp && !this.#options.relays.areDown;
  }

  /** It is asked for a sign of life, and nothing says that it is away. */
  get isDoubted(): boolean {
    return this.#options.way.isDoubted && !this.#options.relays.areDown;
  }

  get isKnownDown(): boolean {
    return this.#options.way.failure !== undefined || this.#options.relays.areDown;
  }

  /** How long a request waits for the server; Infinity for one that waits as long as it takes. */
  patienceFor(request: JsonRpcRequest): number {
    const { timing, way, relays } = this.#options;
    const isList = isListMethod(request.method);
    if (isListening(request)) return Infinity;
    if (!this.isKnownDown) return isList ? timing.listPatienceMs : timing.slowPatienceMs;
    if (isList) return 0;
    // It will not be back at its former key.
    if (way.failure?.code === 'server_moved') return timing.downPatienceMs;
    // What was lost just now may be back at once.
    const lostAt = Math.max(way.lostAt ?? -Infinity, relays.lostAt ?? -Infinity);
    return Math.max(timing.downPatienceMs, lostAt + timing.slowPatienceMs - performance.now());
  }

  /** Why a request that has waited got no answer. */
  get failure(): Failure {
    if (this.#options.relays.areDown)
      return { code: 'relays_unreachable', message: 'no relay can be reached' };
    return this.#options.way.failure ?? { code: 'server_silent', message: 'the server has not answered yet' };
  }

  /** For the host's person or model. */
  explain(failure: Failure): string {
    return explain(failure, this.#name, this.#options.relays, Date.now());
  }

  /** How a server that was never reached is introduced. */
  get introduction(): { name: string; instructions: string } {
    const { way, relays } = this.#options;
    return { name: nameOf(this.#name), instructions: instructionsUnknown(this.#name, way.failure, relays) };
  }

  get #name(): ServerName {
    const { pubkey, words, keeper } = this.#options;
    const { initialize, seenAt } = keeper.catalogue;
    return { pubkey, words, title: titleOf(initialize?.result['serverInfo']), seenAt };
  }
}

function titleOf(info: unknown): string | undefined {
  if (!isRecord(info)) return undefined;
  const title = info['title'] ?? info['name'];
  return typeof title === 'string' ? title : undefined;
}
