import { limits } from './limits.ts';

export interface ConnectionsOptions {
  max: number;
  /** From 0 to 1: what strangers can have of them. */
  strangersShare: number;
}

/** A connection as far as it takes room. */
interface Seated {
  readonly caller: { readonly pubkey: string };
  readonly isKnown: boolean;
  readonly isIdle: boolean;
  readonly heardAt: number;
  close(reason: string): Promise<void>;
}

/** The open connections of a server, and the room that there is for more. */
export class Connections<Connection extends Seated> {
  readonly #max: number;
  readonly #maxStrangers: number;
  readonly #open: Map<string, Connection> = new Map();
  /** Connections that are over and whose MCP servers are being closed: they take room until they are gone. */
  #ending = 0;
  #endingStrangers = 0;

  constructor({ max, strangersShare }: ConnectionsOptions) {
    this.#max = max;
    this.#maxStrangers = Math.max(1, Math.floor(max * strangersShare));
  }

  get size(): number {
    return this.#open.size;
  }

  get all(): Connection[] {
    return [...this.#open.values()];
  }

  get(key: string): Connection | undefined {
    return this.#open.get(key);
  }

  add(key: string, connection: Connection): void {
    this.#open.set(key, connection);
  }

  /** It is over; `gone` resolves when what it held is free, and never rejects. */
  remove(key: string, gone: Promise<void>): void {
    const strangers = this.#open.get(key)?.isKnown === false ? 1 : 0;
    this.#open.delete(key);
    this.#ending++;
    this.#endingStrangers += strangers;
    void gone.then(() => {
      this.#ending--;
      this.#endingStrangers -= strangers;
    });
  }

  /**
   * Whether one more of this key can be had. At a bound the connection that was silent for longest makes room, if it
   * has no work under way: one of the same key at the bound of a key, a stranger at the bound of strangers, a stranger
   * before a known key at the bound of all.
   */
  makeRoom(pubkey: string, isKnown: boolean): boolean {
    // One that makes room leaves a process behind for a while: as many again, and no more.
    if (this.#ending >= this.#max || (!isKnown && this.#endingStrangers >= this.#maxStrangers)) return false;
    const all = this.all;
    const own = all.filter(({ caller }) => caller.pubkey === pubkey);
    const strangers = all.filter((each) => !each.isKnown);
    if (own.length >= limits.maxConnectionsPerKey) return closeOneOf(own);
    if (!isKnown && strangers.length >= this.#maxStrangers) return closeOneOf(strangers);
    if (all.length < this.#max) return true;
    return closeOneOf(strangers) || (isKnown && closeOneOf(all));
  }
}

function closeOneOf(crowd: readonly Seated[]): boolean {
  const oldest = crowd.filter(({ isIdle }) => isIdle).sort((a, b) => a.heardAt - b.heardAt)[0];
  void oldest?.close('idle'); // it never rejects
  return oldest !== undefined;
}
