import type { Answer } from '../../answer.ts';
import type { Fields } from './catalogue.ts';
import { fetchList } from './fetch-list.ts';
import { type ListCapability, type ListMethod, listMethods, lists } from './lists.ts';
import type { Session } from './session.ts';

export interface RefreshOptions {
  session: Session;
  /** Lists may be asked for: the server answers, and the host has begun. */
  isPossible: () => boolean;
  /** The lists that were asked for. */
  onlists: (found: ReadonlyMap<ListMethod, readonly Fields[]>) => void;
  /** An answer that is an error. */
  onerror: (answer: Answer) => void;
}

/** Asks for the lists that nobody has asked for since the server was found, so that the catalogue is whole. */
export class Refresh {
  readonly #options: RefreshOptions;
  /** Lists that were seen since the server was found, or said itself that they changed. */
  readonly #fresh: Set<ListMethod> = new Set();
  #timer: NodeJS.Timeout | undefined;
  #isRunning = false;
  /** There was no going about it when its time came. */
  #isWanted = false;
  #isClosed = false;

  constructor(options: RefreshOptions) {
    this.#options = options;
  }

  /** This list has just been seen. */
  seen(method: ListMethod): void {
    this.#fresh.add(method);
  }

  /** Lists may have changed; all of them unless it is said which. */
  stale(capability?: ListCapability): void {
    for (const method of listMethods)
      if (capability === undefined || lists[method].capability === capability) this.#fresh.delete(method);
  }

  /** Asks for what is not fresh, after a while. */
  soon(delayMs: number): void {
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#run(), delayMs);
  }

  /** Makes up for one that was not possible when its time came. */
  resume(): void {
    if (this.#isWanted) this.soon(0);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const { session, isPossible, onlists, onerror } = this.#options;
    this.#isWanted = this.#isRunning || !isPossible();
    if (this.#isWanted) return;
    this.#isRunning = true;
    const found = new Map<ListMethod, readonly Fields[]>();
    for (const method of listMethods) {
      if (this.#fresh.has(method)) continue;
      this.#fresh.add(method);
      const list = session.hasList(method) ? await fetchList(session, method) : [];
      if (this.#isClosed) return;
      if (Array.isArray(list)) found.set(method, list);
      else if (list !== undefined) {
        this.#fresh.delete(method);
        onerror(list);
        break;
      }
    }
    this.#isRunning = false;
    onlists(found);
    this.resume();
  }
}
