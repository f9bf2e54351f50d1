import type { RequestId } from '@mcp-nostr/core';
import type { Caller } from '@mcp-nostr/server';

import { Gates } from '../../helpers/gates.ts';
import { Recorder } from '../../helpers/recorder.ts';
import type { Era } from '../requirement.ts';

/** The MCP server of one connection. */
export interface Instance {
  readonly caller: Caller;
  readonly era: Era;
  /** URIs that this connection is subscribed to. */
  readonly subscriptions: Set<string>;
  readonly clientInfo: () => object | undefined;
  /** A notification that belongs to no request. */
  readonly notify: (method: string, params?: Record<string, unknown>) => Promise<void>;
  readonly ping: () => Promise<unknown>;
  /** Once for each time that the server's `onclose` came. */
  readonly closes: Recorder<string>;
  readonly close: () => Promise<void>;
}

/** What requirements look at and hold on to behind the servers of all connections. */
export class Service {
  readonly opened = new Recorder<Instance>('a connection');
  /** How often the tool `count` was executed with each key. */
  readonly executions: Map<string, number> = new Map();
  /** Names with which the tool `wait` began, and those whose AbortSignal fired. */
  readonly started = new Recorder<string>('a call of the tool wait');
  readonly aborted = new Recorder<string>('an aborted call of the tool wait');
  /** Ids under which requests came to handlers, with what they were for. */
  readonly ids = new Recorder<{ method: string; id: RequestId }>('a request');
  readonly #gates = new Gates();

  /** The MCP server of the newest connection of this key. */
  of(pubkey: string): Instance | undefined {
    return this.opened.items.findLast(({ caller }) => caller.pubkey === pubkey);
  }

  /** A change that all connections hear of, wherever it was made. */
  async announce(method: string, params?: Record<string, unknown>): Promise<void> {
    const living = this.opened.items.filter(({ closes }) => closes.count === 0);
    await Promise.all(living.map((instance) => instance.notify(method, params)));
  }

  /** Lets calls of `wait` with this name return. */
  release(name: string): void {
    this.#gates.of(name).open();
  }

  opening(name: string): Promise<void> {
    return this.#gates.of(name).opened;
  }
}
