import type { JsonRpcMessage } from '@mcp-nostr/core';

import type { Filter } from '@mcp-nostr/core/filter';
import type { ServerTransport } from './child-server.ts';
import type { ServedServer, Source } from './source.ts';

/** The same servers, each with a part hidden from its callers. */
export function filteredSource(source: Source, filter: Filter | undefined): Source {
  if (filter === undefined) return source;
  return { ...source, open: (caller) => new FilteredServer(source.open(caller), filter) };
}

class FilteredServer implements ServedServer {
  readonly #server: ServedServer;
  readonly #filter: Filter;

  constructor(server: ServedServer, filter: Filter) {
    this.#server = server;
    this.#filter = filter;
  }

  get decidesVersion(): boolean | undefined {
    return this.#server.decidesVersion;
  }

  connect(transport: ServerTransport): Promise<void> {
    return this.#server.connect(new FilteredServerTransport(transport, this.#filter));
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}

/** A connection to a caller who does not see everything. */
class FilteredServerTransport implements ServerTransport {
  onmessage: ServerTransport['onmessage'];
  onclose: (() => void) | undefined;
  readonly #inner: ServerTransport;
  readonly #filter: Filter;

  constructor(inner: ServerTransport, filter: Filter) {
    this.#inner = inner;
    this.#filter = filter;
    inner.onmessage = (message) => this.#fromCaller(message);
    inner.onclose = () => this.onclose?.();
  }

  start(): Promise<void> {
    return this.#inner.start();
  }

  async send(message: JsonRpcMessage, options?: Parameters<ServerTransport['send']>[1]): Promise<void> {
    const shown = this.#filter.toClient(message);
    if (shown !== undefined) await this.#inner.send(shown, options);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #fromCaller(message: JsonRpcMessage): void {
    const { message: passed, answer } = this.#filter.toServer(message);
    if (passed !== undefined) this.onmessage?.(passed);
    // A caller that cannot be reached any more has closed the connection, and misses nothing.
    else if (answer !== undefined) void this.#inner.send(answer).catch(() => undefined);
  }
}
