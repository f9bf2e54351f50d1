import type { Served } from '../served.ts';
import type { ServerEntry } from '../server-entry.ts';
import { Supervised } from './supervised.ts';

export interface ServedSetOptions {
  open: (name: string, entry: ServerEntry) => Promise<Served>;
  onproblem: (name: string, message: string) => void;
  onclosed: (name: string) => void;
  /** @default 1000 */
  firstRetryMs?: number;
}

/** Names of servers that the last change of the file concerned. */
export interface Changes {
  added: string[];
  changed: string[];
  removed: string[];
}

/** The servers of a file: each is on its own, and only those that a change concerns notice it. */
export class ServedSet {
  readonly #options: ServedSetOptions;
  readonly #running: Map<string, { fingerprint: string; server: Supervised }> = new Map();
  /** Those that are being closed, by name: a successor waits, because they share a key. */
  readonly #closing: Map<string, Promise<void>> = new Map();
  /** All that have not ended. */
  readonly #present: Set<Supervised> = new Set();

  constructor(options: ServedSetOptions) {
    this.#options = options;
  }

  /** Starts, stops and restarts what differs from before. `kept` are names that stay as they are. */
  apply(entries: ReadonlyMap<string, ServerEntry>, kept: ReadonlySet<string> = new Set()): Changes {
    const changes: Changes = { added: [], changed: [], removed: [] };
    for (const name of this.#running.keys()) {
      if (entries.has(name) || kept.has(name)) continue;
      changes.removed.push(name);
      void this.#stop(name).then(() => this.#options.onclosed(name)); // it never rejects
    }
    for (const [name, entry] of entries) {
      const fingerprint = JSON.stringify(entry);
      const former = this.#running.get(name);
      if (former?.fingerprint === fingerprint) continue;
      changes[former === undefined ? 'added' : 'changed'].push(name);
      if (former !== undefined) void this.#stop(name); // it never rejects
      this.#start(name, entry, fingerprint);
    }
    return changes;
  }

  kill(): void {
    for (const server of this.#present) server.kill();
  }

  /** Resolves when all have ended. Never rejects. */
  async close(): Promise<void> {
    for (const name of this.#running.keys()) void this.#stop(name); // it never rejects
    await Promise.all(this.#closing.values());
  }

  #start(name: string, entry: ServerEntry, fingerprint: string): void {
    const { open, onproblem, firstRetryMs } = this.#options;
    const server = new Supervised({
      open: () => open(name, entry),
      onproblem: (message) => onproblem(name, message),
      after: this.#closing.get(name),
      firstRetryMs,
    });
    this.#running.set(name, { fingerprint, server });
    this.#present.add(server);
  }

  /** Never rejects. */
  #stop(name: string): Promise<void> {
    const server = this.#running.get(name)?.server;
    const closing = (server?.close() ?? Promise.resolve()).finally(() => {
      if (server !== undefined) this.#present.delete(server);
      if (this.#closing.get(name) === closing) this.#closing.delete(name);
    });
    this.#running.delete(name);
    this.#closing.set(name, closing);
    return closing;
  }
}
