import {
  DecodeError,
  formatNpub,
  isRequest,
  isResponse,
  type JsonRpcMessage,
  type JsonRpcRequest,
  parseMessage,
  randomHex,
  utf8Bytes,
} from '@mcp-nostr/core';
import { frameFamily, isKnock, parseTransferFrame, type TransferFrame } from '@mcp-nostr/core/contextvm';
import type { Encryption, Endpoint, IncomingBare } from '@mcp-nostr/transport';

import type { Caller } from '../caller.ts';
import type { Connections } from '../connections.ts';
import type { Entrance } from '../entrance.ts';
import type { Hosting } from '../hosted-session.ts';
import type { KeyUsage } from '../key-usage.ts';
import type { McpServerLike } from '../mcp-server.ts';
import type { Permission, Policy } from '../policy.ts';
import type { RequestSummary } from '../requests.ts';
import { unreadable } from '../unreadable.ts';
import type { Uploads } from '../uploads.ts';
import { BareClient } from './bare-client.ts';
import { BareDoor, type BareRefusal, isRefusal, refusalResponse } from './bare-door.ts';
import { BareReplies } from './bare-replies.ts';
import { BareSession } from './bare-session.ts';
import type { SeenIds } from './seen-ids.ts';
import { SeenRequests } from './seen-requests.ts';

export interface BareClientsOptions<Mcp extends McpServerLike> {
  endpoint: Endpoint;
  encryption: Encryption;
  /** What we say of ourselves to each. */
  introduction: string[][];
  policy: Policy;
  entrance: Entrance;
  connections: Pick<Connections<BareSession<Mcp>>, 'add' | 'remove'>;
  unfinished: Uploads;
  hosting: Hosting<Mcp>;
  usage: (pubkey: string, permission: Permission) => KeyUsage | undefined;
  seen?: SeenIds | undefined;
  /** The server's other key, for people, where it has one. */
  successor?: string | undefined;
  /** Another process serves our key. */
  onrival: () => void;
  onrequest: (summary: RequestSummary, caller: Caller) => void;
}

/** A message of a key that may come in. */
interface Visit {
  readonly incoming: IncomingBare;
  readonly permission: Permission;
}

/** Whoever talks to the server without a link, as clients of ContextVM do (WIRE.md, section 13). */
export class BareClients<Mcp extends McpServerLike = McpServerLike> {
  readonly #options: BareClientsOptions<Mcp>;
  readonly #door: BareDoor;
  readonly #replies: BareReplies;
  readonly #clients: Map<string, BareClient<Mcp>> = new Map();

  constructor(options: BareClientsOptions<Mcp>) {
    this.#options = options;
    const { endpoint, seen } = options;
    const nowSeconds = (): number => endpoint.nowSeconds();
    this.#door = new BareDoor({ ...options, seen: new SeenRequests(seen, nowSeconds()), nowSeconds });
    this.#replies = new BareReplies({ ...options, onerror: this.#report });
  }

  /** A verified message, and its first copy. */
  receive(incoming: IncomingBare): void {
    // Its opening is here as well, or will be.
    if (isKnock(incoming.message.tags)) return;
    const message = read(incoming.message.content);
    // Nothing is asked of clients. And whoever answers an answer may do so for ever.
    if (!(message instanceof DecodeError) && isResponse(message)) return;
    const isPing = 'method' in message && message.method === 'ping';
    const permission = this.#door.judge(incoming, isPing);
    if (isRefusal(permission)) this.#refuse(message, incoming, permission);
    else if (message instanceof DecodeError) this.#onunreadable(message, { incoming, permission });
    else this.#take(message, { incoming, permission });
  }

  #take(message: JsonRpcMessage, visit: Visit): void {
    const { incoming } = visit;
    const client = this.#clients.get(incoming.event.pubkey);
    client?.peer.heard(incoming);
    const bytes = utf8Bytes(incoming.message.content);
    if (isRequest(message)) this.#request(message, visit, bytes);
    else if (frameFamily(message) === 'oversized-transfer') this.#transfer(message, visit);
    // A session that is not there has nothing to be told.
    else client?.notify(message, incoming.event.id, bytes);
  }

  #request(request: JsonRpcRequest, { incoming, permission }: Visit, bytes: number): void {
    const { pubkey } = incoming.event;
    const hasSession = this.#clients.get(pubkey)?.session?.hasBegun === true;
    // Whether anybody is here is not worth an MCP server.
    if (request.method === 'ping' && !hasSession) {
      const pong = { jsonrpc: '2.0' as const, id: request.id, result: {} };
      if (this.#door.mayAnswer(pubkey, permission)) this.#replies.reply(incoming, pong);
      return;
    }
    const admission = this.#door.admit(request, incoming, permission, hasSession);
    if (admission === 'repeated') return;
    if (isRefusal(admission)) return this.#refuse(request, incoming, admission);
    const isAnew = request.method === 'initialize' && hasSession;
    const seated = this.#seat({ incoming, permission }, isAnew);
    if (isRefusal(seated)) return this.#refuse(request, incoming, seated);
    if (this.#door.take(request, incoming, permission)) seated.request(request, incoming, bytes);
  }

  /** Its messages are known by what they say when they are whole. */
  #transfer(message: JsonRpcMessage, visit: Visit): void {
    const frame = this.#readFrame(message);
    const { event } = visit.incoming;
    const known = this.#clients.get(event.pubkey);
    if (frame === undefined || (known === undefined && !bringsData(frame))) return;
    const seated = this.#seat(visit, false);
    if (isRefusal(seated)) return this.#refuse(message, visit.incoming, seated);
    const whole = this.#clients.get(event.pubkey)?.take(frame, visit.incoming);
    if (whole === undefined) return;
    const { text, incoming } = whole;
    const inner = read(text);
    if (inner instanceof DecodeError) this.#onunreadable(inner, { ...visit, incoming });
    else if (isRequest(inner)) this.#request(inner, { ...visit, incoming }, utf8Bytes(text));
  }

  /** Where its requests go: the session that it has, or a new one. */
  #seat({ incoming, permission }: Visit, isAnew: boolean): BareSession<Mcp> | BareRefusal {
    const { pubkey } = incoming.event;
    const present = this.#clients.get(pubkey)?.session;
    if (present !== undefined && !isAnew) return present;
    const refusal = this.#door.open(pubkey, permission);
    if (refusal !== undefined) return refusal;
    // What made room may have been the only session of this very key.
    const client = this.#clients.get(pubkey) ?? this.#add(incoming, permission);
    return this.#begin(client, pubkey, permission);
  }

  #add(first: IncomingBare, { isKnown }: Permission): BareClient<Mcp> {
    const { endpoint, introduction, unfinished } = this.#options;
    const client: BareClient<Mcp> = new BareClient({
      endpoint,
      first,
      introduction,
      unfinished: unfinished.of(() => client.session?.isKnown ?? isKnown),
      onerror: this.#report,
    });
    this.#clients.set(first.event.pubkey, client);
    return client;
  }

  #begin(client: BareClient<Mcp>, pubkey: string, permission: Permission): BareSession<Mcp> {
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
    return session;
  }

  #forget(pubkey: string, client: BareClient<Mcp>): void {
    if (this.#clients.get(pubkey) === client) this.#clients.delete(pubkey);
    // What its last session has to say is being said by then.
    queueMicrotask(() => void client.close()); // it never rejects
  }

  #refuse(message: JsonRpcMessage | DecodeError, incoming: IncomingBare, refusal: BareRefusal): void {
    if (message instanceof DecodeError) return;
    if (isRequest(message) && refusal.isTold())
      this.#replies.reply(incoming, refusalResponse(message, refusal));
    // What a transfer would be named by comes with its end.
    const frame = isRequest(message) ? undefined : this.#readFrame(message);
    if (frame?.frameType === 'start' && refusal.isTold())
      this.#replies.abort(incoming, frame.token, refusal.code);
  }

  #onunreadable(error: DecodeError, { incoming, permission }: Visit): void {
    const { pubkey } = incoming.event;
    if (this.#door.mayAnswer(pubkey, permission)) this.#replies.reply(incoming, unreadable(error));
    this.#report(new Error(`message of ${formatNpub(pubkey)} refused: ${error.message}`, { cause: error }));
  }

  #readFrame(message: JsonRpcMessage): TransferFrame | undefined {
    try {
      return parseTransferFrame(message);
    } catch (error) {
      this.#report(error);
      return undefined;
    }
  }

  readonly #report = (error: unknown): void => {
    this.#options.hosting.onerror(error instanceof Error ? error : new Error(String(error)));
  };
}

function bringsData({ frameType }: TransferFrame): boolean {
  return frameType !== 'accept' && frameType !== 'abort';
}

function read(content: string): JsonRpcMessage | DecodeError {
  try {
    return parseMessage(content);
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
}
