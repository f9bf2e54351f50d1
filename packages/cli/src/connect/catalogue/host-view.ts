import { createHash } from 'node:crypto';

import {
  isRecord,
  isRequestId,
  type JsonRpcMessage,
  type JsonRpcNotification,
  type JsonRpcRequest,
  metaKeys,
  metaOf,
  type RequestId,
} from '@mcp-nostr/core';

import type { Fields } from './catalogue.ts';
import { changedCapability, type ListCapability, type ListMethod, listMethods, lists } from './lists.ts';

interface Listen {
  /** The changes that its host wants to hear of (MCP 2026-07-28, `subscriptions/listen`). */
  readonly filter: Fields;
  isAcknowledged: boolean;
}

/** What the host has been told of the server's lists, and how it hears that they are others now. */
export class HostView {
  readonly #onmessage: (message: JsonRpcMessage) => void;
  readonly #told: Map<ListMethod, string> = new Map();
  readonly #listens: Map<RequestId, Listen> = new Map();
  /** The host takes notifications of a session: it has said `initialized`. */
  #isInitialized = false;
  readonly #owed: Set<ListCapability> = new Set();

  constructor(onmessage: (message: JsonRpcMessage) => void) {
    this.#onmessage = onmessage;
  }

  get isInitialized(): boolean {
    return this.#isInitialized;
  }

  initialized(): void {
    this.#isInitialized = true;
    for (const capability of this.#owed) this.#tellSession(capability);
    this.#owed.clear();
  }

  /** The host was given this list. */
  told(method: ListMethod, items: readonly Fields[]): void {
    this.#told.set(method, digest(items));
  }

  /** The server has this list; a host that was given another one is told. */
  compare(found: ReadonlyMap<ListMethod, readonly Fields[]>): ListCapability[] {
    const changed = new Set<ListCapability>();
    for (const [method, items] of found) {
      const told = this.#told.get(method);
      if (told === undefined || told === digest(items)) continue;
      // It is told once; what it asks for then is told anew.
      this.told(method, items);
      changed.add(lists[method].capability);
    }
    for (const capability of changed) this.#tell(capability);
    return [...changed];
  }

  listens(request: JsonRpcRequest): void {
    const filter = request.params?.['notifications'];
    this.#listens.set(request.id, { filter: isRecord(filter) ? filter : {}, isAcknowledged: false });
  }

  isListen(id: RequestId): boolean {
    return this.#listens.has(id);
  }

  /** Its host hears no more through it. */
  ended(id: RequestId): void {
    this.#listens.delete(id);
  }

  /** In the server's stead: hosts wait for it, and the changes of lists are told from here too. */
  acknowledge(id: RequestId): void {
    const listen = this.#listens.get(id);
    if (listen === undefined || listen.isAcknowledged) return;
    listen.isAcknowledged = true;
    const params = { notifications: listen.filter, _meta: { [metaKeys.subscriptionId]: id } };
    this.#onmessage({ jsonrpc: '2.0', method: 'notifications/subscriptions/acknowledged', params });
  }

  /** Whether the host is to have a notification of the server. */
  takes({ method, params }: JsonRpcNotification): boolean {
    const capability = changedCapability(method);
    if (capability !== undefined) this.#forget(capability);
    if (method !== 'notifications/subscriptions/acknowledged') return true;
    const id = metaOf(params)?.[metaKeys.subscriptionId];
    const listen = isRequestId(id) ? this.#listens.get(id) : undefined;
    if (listen === undefined) return true;
    // Of a subscription that was begun again the host has heard already.
    const isNew = !listen.isAcknowledged;
    listen.isAcknowledged = true;
    return isNew;
  }

  /** The server itself has told the host. */
  #forget(capability: ListCapability): void {
    for (const method of listMethods) if (lists[method].capability === capability) this.#told.delete(method);
  }

  #tell(capability: ListCapability): void {
    if (this.#isInitialized) this.#tellSession(capability);
    else this.#owed.add(capability);
    for (const [id, { filter, isAcknowledged }] of this.#listens) {
      if (!isAcknowledged || filter[`${capability}ListChanged`] !== true) continue;
      const method = `notifications/${capability}/list_changed`;
      this.#onmessage({ jsonrpc: '2.0', method, params: { _meta: { [metaKeys.subscriptionId]: id } } });
    }
  }

  #tellSession(capability: ListCapability): void {
    this.#onmessage({ jsonrpc: '2.0', method: `notifications/${capability}/list_changed` });
  }
}

function digest(items: readonly Fields[]): string {
  return createHash('sha256').update(JSON.stringify(items)).digest('base64');
}
