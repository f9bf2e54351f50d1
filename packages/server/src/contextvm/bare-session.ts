import {
  failureResponse,
  type JsonRpcErrorResponse,
  type JsonRpcMessage,
  type JsonRpcRequest,
  randomHex,
  type RequestId,
} from '@mcp-nostr/core';
import type { StreamFrame } from '@mcp-nostr/core/contextvm';
import { atMost, type Channel, type IncomingBare, type OutgoingMessage } from '@mcp-nostr/transport';

import type { Caller } from '../caller.ts';
import { HostedSession, type Hosting, type Seat } from '../hosted-session.ts';
import type { KeyUsage } from '../key-usage.ts';
import { limits } from '../limits.ts';
import type { McpServerLike } from '../mcp-server.ts';
import type { Permission } from '../policy.ts';
import { BareChannel } from './bare-channel.ts';
import { begins, emulatedInitialize, initialized, withoutAsked } from './bare-initialize.ts';
import type { BarePeer } from './bare-peer.ts';
import type { BareRoutes, Route } from './bare-routes.ts';

export interface BareSessionOptions<Mcp extends McpServerLike = McpServerLike> extends Seat {
  hosting: Hosting<Mcp>;
  peer: BarePeer;
  routes: BareRoutes;
  /** `gone` resolves when its MCP servers are closed, and never rejects. */
  onended: (gone: Promise<void>) => void;
}

interface Early {
  readonly message: JsonRpcMessage;
  readonly event: string;
  readonly bytes: number;
}

/** One MCP session of a client without a link. Its MCP server is made with the first request. */
export class BareSession<Mcp extends McpServerLike = McpServerLike> {
  readonly caller: Caller;
  /** Its place is one that strangers cannot take. */
  isKnown: boolean;
  readonly #options: BareSessionOptions<Mcp>;
  readonly #session: HostedSession<Mcp>;
  readonly #channel: BareChannel;
  /** The id of an `initialize` that no client has sent, while it is not answered. */
  #emulated: string | undefined;
  /** What came meanwhile. */
  #early: Early[] = [];
  #earlyBytes = 0;
  #hasBegun = false;
  /** Its client has begun another one, and was heard about this one last then. */
  #retiredAt: number | undefined;
  #isOver = false;

  constructor(options: BareSessionOptions<Mcp>) {
    const { caller, permission, peer, routes, onrequest } = options;
    this.#options = options;
    this.caller = caller;
    this.isKnown = permission.isKnown;
    this.#channel = new BareChannel({
      peer,
      routes,
      onrequest: (id) => this.#session.transport.deny(noRequests(id)),
      onabort: (abort) => this.#session.transport.take(abort, '', 0),
      onsent: () => this.#leaveIfDone(),
    });
    const channel = this.#channel;
    const link: Channel = {
      get queuedBytes() {
        return channel.queuedBytes;
      },
      send: (message) => {
        if (!this.#isForUs(message)) channel.send(message);
      },
      withdraw: (matches) => channel.withdraw(matches),
    };
    this.#session = new HostedSession({
      ...options,
      link,
      naming: routes,
      onsend: () => {},
      onrequest: (summary) => {
        if (summary.event !== this.#emulated) onrequest(summary);
        queueMicrotask(() => this.#leaveIfDone()); // its answer is on its way by then
      },
      onend: (reason) => void this.close(reason), // it never rejects
    });
  }

  get servers(): Mcp[] {
    return this.#session.servers;
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** It may be given up for another one. */
  get isIdle(): boolean {
    return this.#session.transport.requestsUnderWay === 0 || this.isAbandoned;
  }

  /** Work is under way, and nobody was heard for so long that nobody can be waiting for it. */
  get isAbandoned(): boolean {
    const silentMs = performance.now() - this.heardAt;
    return this.#session.transport.requestsUnderWay > 0 && silentMs > limits.workProtectsMs;
  }

  /** When its client was last heard, on the clock of `performance.now()`. */
  get heardAt(): number {
    return this.#retiredAt ?? this.#options.peer.heardAt;
  }

  request(request: JsonRpcRequest, incoming: IncomingBare, bytes: number): void {
    if (this.#isOver) return;
    const named = this.#options.routes.add(withoutAsked(request), incoming, this);
    if (!this.#hasBegun) this.#begin(request);
    this.notify(named, incoming.event.id, bytes);
  }

  /** A message of which requests and progress have the names that the MCP server knows. */
  notify(message: JsonRpcMessage, event: string, bytes: number): void {
    if (this.#isOver) return;
    if (this.#emulated === undefined) return this.#session.transport.take(message, event, bytes);
    const { maxEarlyMessages, maxEarlyBytes } = limits;
    if (this.#early.length >= maxEarlyMessages || this.#earlyBytes > maxEarlyBytes)
      return this.#overflow(event);
    this.#early.push({ message, event, bytes });
    this.#earlyBytes += bytes;
  }

  /** What its client says of the stream of a request of this session. */
  onstream(frame: StreamFrame, event: string): void {
    if (this.#isOver) return;
    if (this.#retiredAt !== undefined) this.#retiredAt = performance.now();
    this.#channel.onstream(frame, event);
  }

  /** Its client has begun another one: this one ends with the work that it has. */
  retire(): void {
    this.#retiredAt = performance.now();
    this.#channel.isRetired = true;
    this.#session.transport.endSubscriptions();
    this.#leaveIfDone();
  }

  /** What its caller may do is another now. */
  permit(permission: Permission, usage: KeyUsage | undefined): void {
    this.isKnown = permission.isKnown;
    this.#session.transport.permit(permission, usage);
  }

  /** Ends the MCP server; whoever waits for an answer is told that none will come. Never rejects. */
  async close(reason: string): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    if (reason === 'server_closed') this.#session.transport.endSubscriptions();
    this.#channel.close();
    const gone = this.#session.close();
    this.#options.onended(gone);
    await Promise.all([atMost(limits.closeTimeoutMs, this.#giveUp(reason)), gone]);
  }

  #begin(request: JsonRpcRequest): void {
    this.#hasBegun = true;
    void this.#session.start(); // it never rejects
    if (begins(request)) return;
    this.#emulated = `emulated-${randomHex(8)}`;
    this.#session.transport.take(emulatedInitialize(this.#emulated), this.#emulated, 0);
  }

  /** Whatever the MCP server thinks of our `initialize`: to what the client has sent it answers itself. */
  #begun(): void {
    this.#emulated = undefined;
    const { transport } = this.#session;
    transport.take(initialized, '', 0);
    for (const { message, event, bytes } of this.#early.splice(0)) transport.take(message, event, bytes);
  }

  /** What answers the `initialize` that no client has sent, or belongs to it. */
  #isForUs({ sort, requestEvent, onsettled }: OutgoingMessage): boolean {
    if (this.#emulated === undefined || requestEvent !== this.#emulated) return false;
    onsettled?.();
    if (sort === 'response') this.#begun();
    return true;
  }

  #leaveIfDone(): void {
    const isDone = this.#session.transport.requestsUnderWay === 0 && this.#channel.isEmpty;
    if (this.#channel.isRetired && isDone) void this.close('replaced'); // it never rejects
  }

  /** As of what is too much for the transport: a request is told so, and anything else would be lost without a word. */
  #overflow(event: string): void {
    const route = this.#options.routes.get(event);
    if (route === undefined) return void this.close('overflow'); // it never rejects
    const text = `${this.#early.length} messages wait for the MCP server to begin; try again later`;
    this.#answer(event, route, failureResponse(route.id, 'busy', text)).catch(this.#options.hosting.onerror);
  }

  /** A client without a link would wait for its time-out: nothing else tells it that a session is over. */
  async #giveUp(reason: string): Promise<void> {
    const waiting = this.#options.routes.unanswered(this);
    await Promise.allSettled(
      waiting.map(([event, route]) => this.#answer(event, route, endOf(route.id, reason))),
    );
  }

  /** In place of the MCP server. */
  #answer(event: string, route: Route, answer: JsonRpcErrorResponse): Promise<void> {
    const { peer, routes } = this.#options;
    routes.remove(event);
    return peer.send({ text: JSON.stringify(answer), requestEvent: event, route, isAnswer: true });
  }
}

function endOf(id: RequestId, reason: string): JsonRpcErrorResponse {
  if (reason === 'server_failed') return failureResponse(id, reason, 'the MCP server could not be started');
  const text = `the server ended this session (${reason}): whether the request was executed is not known`;
  return failureResponse(id, 'outcome_unknown', text, { reason });
}

/** Requests of the MCP server fail at once: ContextVM has no way for them. */
function noRequests(id: RequestId): JsonRpcErrorResponse {
  const message = 'Method not found: clients of ContextVM take no requests (sampling, elicitation, roots)';
  return { jsonrpc: '2.0', id, error: { code: -32_601, message } };
}
