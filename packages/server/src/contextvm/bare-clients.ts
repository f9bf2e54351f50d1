import {
  DecodeError,
  formatNpub,
  isRequest,
  isResponse,
  type JsonRpcErrorResponse,
  type JsonRpcMessage,
  type JsonRpcRequest,
  type JsonRpcResultResponse,
  parseMessage,
  randomHex,
} from '@mcp-nostr/core';
import { readSupport, supportTags } from '@mcp-nostr/core/contextvm';
import { type Encryption, type Endpoint, type IncomingBare, TransportError } from '@mcp-nostr/transport';

import type { Caller } from '../caller.ts';
import type { Connections } from '../connections.ts';
import type { Entrance } from '../entrance.ts';
import type { Hosting } from '../hosted-session.ts';
import type { KeyUsage } from '../key-usage.ts';
import type { McpServerLike } from '../mcp-server.ts';
import type { Permission, Policy } from '../policy.ts';
import type { RequestSummary } from '../requests.ts';
import { BareClient } from './bare-client.ts';
import { BareDoor, isRefusal, refusalResponse } from './bare-door.ts';
import { formFor } from './bare-peer.ts';
import { BareSession } from './bare-session.ts';
import type { SeenIds } from './seen-ids.ts';
import { SeenRequests } from './seen-requests.ts';

export interface BareClientsOptions<Mcp extends McpServerLike> {
  endpoint: Endpoint;
  encryption: Encryption;
  /** This process of the server. */
  instance: string;
  policy: Policy;
  entrance: Entrance;
  connections: Pick<Connections<BareSession<Mcp>>, 'add' | 'remove'>;
  hosting: Hosting<Mcp>;
  usage: (pubkey: string, permission: Permission) => KeyUsage | undefined;
  seen?: SeenIds | undefined;
  /** The server's other key, for people, where it has one. */
  successor?: string | undefined;
  onrequest: (summary: RequestSummary, caller: Caller) => void;
}

/** Whoever talks to the server without a link, as clients of ContextVM do (WIRE.md, section 13). */
export class BareClients<Mcp extends McpServerLike = McpServerLike> {
  readonly #options: BareClientsOptions<Mcp>;
  readonly #door: BareDoor;
  readonly #introduction: string[][];
  readonly #clients: Map<string, BareClient<Mcp>> = new Map();

  constructor(options: BareClientsOptions<Mcp>) {
    this.#options = options;
    const { endpoint, encryption, instance, seen } = options;
    const nowSeconds = (): number => endpoint.nowSeconds();
    this.#door = new BareDoor({ ...options, seen: new SeenRequests(seen, nowSeconds()), nowSeconds });
    const wraps = encryption !== 'none';
    this.#introduction = supportTags({ encryption: wraps, ephemeral: wraps, link: instance });
  }

  /** A verified message, and its first copy. */
  receive(incoming: IncomingBare): void {
    const message = read(incoming.message.content);
    // Nothing is asked of clients. And whoever answers an answer may do so for ever.
    if (!(message instanceof DecodeError) && isResponse(message)) return;
    const permission = this.#door.judge(incoming);
    const { pubkey } = incoming.event;
    if (isRefusal(permission)) {
      if (!(message instanceof DecodeError) && isRequest(message) && permission.isTold)
        this.#reply(incoming, refusalResponse(message, permission));
    } else if (message instanceof DecodeError) {
      if (this.#door.mayAnswer(pubkey, permission)) this.#reply(incoming, unreadable(message));
    } else this.#take(message, incoming, permission);
  }

  #take(
    message: Exclude<JsonRpcMessage, JsonRpcErrorResponse>,
    incoming: IncomingBare,
    permission: Permission,
  ): void {
    const client = this.#clients.get(incoming.event.pubkey);
    client?.peer.heard(incoming);
    if (isRequest(message)) this.#request(message, incoming, permission);
    // A session that is not there has nothing to be told.
    else client?.notify(message, incoming);
  }

  #request(request: JsonRpcRequest, incoming: IncomingBare, permission: Permission): void {
    const { pubkey } = incoming.event;
    const session = this.#clients.get(pubkey)?.session;
    // Whether anybody is here is not worth an MCP server.
    if (request.method === 'ping' && session?.hasBegun !== true) {
      if (this.#door.mayAnswer(pubkey, permission)) this.#pong(request, incoming);
      return;
    }
    const admission = this.#door.admit(request, incoming, permission);
    if (admission === 'repeated') return;
    const isNew = session === undefined || (request.method === 'initialize' && session.hasBegun);
    const refusal = admission === 'admitted' && isNew ? this.#door.open(pubkey, permission) : admission;
    if (isRefusal(refusal)) {
      if (refusal.isTold) this.#reply(incoming, refusalResponse(request, refusal));
      return;
    }
    // What makes room for it may have been a session of this key, and its last one.
    const client = this.#clients.get(pubkey) ?? this.#add(incoming);
    if (isNew) this.#begin(client, pubkey, permission);
    client.request(request, incoming);
  }

  #add(first: IncomingBare): BareClient<Mcp> {
    const { endpoint, hosting } = this.#options;
    const onerror = (error: unknown): void => hosting.onerror(asError(error));
    const client = new BareClient<Mcp>({ endpoint, first, introduction: this.#introduction, onerror });
    this.#clients.set(first.event.pubkey, client);
    return client;
  }

  #begin(client: BareClient<Mcp>, pubkey: string, permission: Permission): void {
    const { connections, hosting, usage, onrequest } = this.#options;
    const caller: Caller = { pubkey, npub: formatNpub(pubkey), connectionId: randomHex(16) };
    const key = `bare:${caller.connectionId}`;
    const session: BareSession<Mcp> = new BareSession({
      caller,
      permission,
      usage: usage(pubkey, permission),
      hosting,
      peer: client.peer,
      routes: client.routes,
      onrequest: (summary) => onrequest(summary, caller),
      onended: (gone) => {
        connections.remove(key, gone);
        client.ended(session);
        if (client.isEmpty) this.#forget(pubkey, client);
      },
    });
    connections.add(key, session);
    client.begin(session);
  }

  #forget(pubkey: string, client: BareClient<Mcp>): void {
    if (this.#clients.get(pubkey) === client) this.#clients.delete(pubkey);
    queueMicrotask(() => void client.peer.release()); // it never rejects; what the session says at its end is being said by then
  }

  #pong({ id }: JsonRpcRequest, incoming: IncomingBare): void {
    this.#reply(incoming, { jsonrpc: '2.0', id, result: {} }, this.#introduction);
  }

  /** To somebody without a session, or about something that does not reach it; offered once. */
  #reply(
    incoming: IncomingBare,
    response: JsonRpcResultResponse | JsonRpcErrorResponse,
    tags: string[][] = [],
  ): void {
    void this.#publish(incoming, JSON.stringify(response), tags); // it never rejects
  }

  async #publish(
    { event, message, form, relay }: IncomingBare,
    content: string,
    tags: string[][],
  ): Promise<void> {
    const { endpoint, hosting } = this.#options;
    try {
      const createdAt = Math.max(endpoint.nowSeconds(), event.created_at);
      const reply = { requestEvent: event.id, tags, content };
      const signed = await endpoint.signBare(reply, event.pubkey, createdAt);
      const way = formFor(form, readSupport(message.tags));
      await endpoint.publish(signed, event.pubkey, way, { isLast: true, relay });
    } catch (error) {
      if (!(error instanceof TransportError) || error.code !== 'closed') hosting.onerror(asError(error));
    }
  }
}

function read(content: string): JsonRpcMessage | DecodeError {
  try {
    return parseMessage(content);
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
}

/** JSON-RPC 2.0, section 5.1: the codes for what is no JSON and for what is no request, whose id is not known. */
function unreadable({ code, message }: DecodeError): JsonRpcErrorResponse {
  return { jsonrpc: '2.0', error: { code: code === 'bad_json' ? -32_700 : -32_600, message } };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
