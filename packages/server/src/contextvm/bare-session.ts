import {
  failureResponse,
  type JsonRpcErrorResponse,
  type JsonRpcMessage,
  type JsonRpcRequest,
  parseRequestId,
  randomHex,
  type RequestId,
} from '@mcp-nostr/core';
import type { StreamFrame } from '@mcp-nostr/core/contextvm';
import {
  atMost,
  type Channel,
  type IncomingBare,
  type OutgoingMessage,
  TransportError,
} from '@mcp-nostr/transport';

import type { Caller } from '../caller.ts';
import { HostedSession, type Hosting, type Seat } from '../hosted-session.ts';
import type { KeyUsage } from '../key-usage.ts';
import { limits } from '../limits.ts';
import type { McpServerLike } from '../mcp-server.ts';
import type { Permission } from '../policy.ts';
import { begins, emulatedInitialize, initialized, withoutAsked } from './bare-initialize.ts';
import type { BarePeer, Said } from './bare-peer.ts';
import type { BareRoutes } from './bare-routes.ts';
import { BareStreams, frameOf } from './bare-streams.ts';

export interface BareSessionOptions<Mcp extends McpServerLike = McpServerLike> extends Seat {
  hosting: Hosting<Mcp>;
  peer: BarePeer;
  routes: BareRoutes;
  /** `gone` resolves when its MCP servers are closed, and never rejects. */
  onended: (gone: Promise<void>) => void;
}

/** On its way to a relay. */
interface Sending {
  readonly aborter: AbortController;
  /** Never rejects. */
  readonly done: Promise<void>;
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
  readonly #sending: Map<OutgoingMessage, Sending> = new Map();
  readonly #streams: BareStreams;
  /** The id of an `initialize` that no client has sent, while it is not answered. */
  #emulated: string | undefined;
  /** What came meanwhile. */
  #early: Early[] = [];
  #earlyBytes = 0;
  #hasBegun = false;
  #isRetired = false;
  #isOver = false;

  constructor(options: BareSessionOptions<Mcp>) {
    const { caller, permission, peer, routes, onrequest } = options;
    this.#options = options;
    this.caller = caller;
    this.isKnown = permission.isKnown;
    const link: Channel = {
      get queuedBytes() {
        return peer.queuedBytes;
      },
      send: (message) => this.#send(message),
      withdraw: (matches) => this.#withdraw(matches),
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
    this.#streams = new BareStreams({
      say: (text, event) => void peer.send(this.#frame(text, event)).catch(options.hosting.onerror),
      isOpen: (event) => routes.get(event)?.isAnswered === false,
      onabort: (abort) => this.#session.transport.take(abort, '', 0),
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
    return this.#options.peer.heardAt;
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
    this.#early.push({ message, event, bytes });
    this.#earlyBytes += bytes;
    if (this.#early.length > limits.maxEarlyMessages || this.#earlyBytes > limits.maxEarlyBytes)
      void this.close('overflow'); // it never rejects
  }

  /** What its client says of the stream of a request of this session. */
  onstream(frame: StreamFrame, event: string): void {
    if (!this.#isOver) this.#streams.heard(frame, event);
  }

  /** Its client has begun another one: this one ends with the work that it has. */
  retire(): void {
    this.#isRetired = true;
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
    this.#streams.close();
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

  #leaveIfDone(): void {
    const isBusy = this.#session.transport.requestsUnderWay > 0 || this.#sending.size > 0;
    if (this.#isRetired && !isBusy) void this.close('replaced'); // it never rejects
  }

  #send(message: OutgoingMessage): void {
    const { sort, id, requestEvent, onsettled } = message;
    if (this.#emulated !== undefined && requestEvent === this.#emulated) {
      onsettled?.();
      if (sort === 'response') this.#begun();
      return;
    }
    if (sort === 'request') {
      onsettled?.();
      return this.#refuse(id);
    }
    const { peer, routes } = this.#options;
    const route = requestEvent === undefined ? undefined : routes.get(requestEvent);
    // Its client has another session, and that tells the news.
    if (this.#isRetired && route === undefined) return onsettled?.();
    const isAnswer = sort === 'response';
    const said = this.#said(message, isAnswer);
    if (said === undefined) return onsettled?.();
    if (route !== undefined && isAnswer) route.isAnswered = true;
    const aborter = new AbortController();
    const settle = (error?: TransportError): void => {
      this.#sending.delete(message);
      // Of one that is too large that is the answer, and it follows.
      const isAnswered = isAnswer && error?.code !== 'message_too_large';
      if (isAnswered && requestEvent !== undefined) routes.remove(requestEvent);
      onsettled?.(error);
      this.#leaveIfDone();
    };
    const ahead = isAnswer ? this.#newsOf(requestEvent) : undefined;
    const saying = { ...said, signal: aborter.signal };
    const sent = ahead === undefined ? peer.send(saying) : ahead.then(() => peer.send(saying));
    const done = sent.then(
      () => settle(),
      (error: unknown) => settle(asTransportError(error)),
    );
    this.#sending.set(message, { aborter, done });
  }

  /**
   * What was said of a request and no relay has taken yet. ContextVM's clients lose the progress that comes in one tick
   * with its answer, as the SDKs do: that leaves when the relays have passed on what came before it.
   */
  #newsOf(requestEvent: string | undefined): Promise<unknown> | undefined {
    const news = [...this.#sending].filter(([message]) => message.requestEvent === requestEvent);
    if (requestEvent === undefined || news.length === 0) return undefined;
    return atMost(limits.answerBehindNewsMs, Promise.all(news.map(([, { done }]) => done)));
  }

  /** Undefined for a frame of a stream that its client cannot read. */
  #said({ text, requestEvent }: OutgoingMessage, isAnswer: boolean): Said | undefined {
    const { peer, routes } = this.#options;
    const said = { text, requestEvent, route: routes.get(requestEvent ?? ''), isAnswer };
    if (requestEvent === undefined || said.route === undefined) return said;
    if (isAnswer) this.#streams.answering(text, requestEvent);
    const frame = isAnswer ? undefined : frameOf(text);
    if (frame === undefined) return said;
    if (!peer.takesStreams) return undefined;
    return this.#frame(this.#streams.outgoing(frame, requestEvent), requestEvent);
  }

  /** Frames name no request, and none of them travels in parts. */
  #frame(text: string, event: string): Said {
    const route = this.#options.routes.get(event);
    return { text, route: route && { ...route, token: undefined }, isAnswer: false };
  }

  #withdraw(matches: (message: OutgoingMessage) => boolean): OutgoingMessage[] {
    const withdrawn = [...this.#sending.keys()].filter((message) => matches(message));
    for (const message of withdrawn) this.#sending.get(message)?.aborter.abort();
    return withdrawn;
  }

  /** Requests of the MCP server fail at once: ContextVM has no way for them. */
  #refuse(id: string | undefined): void {
    const requestId = id === undefined ? undefined : parseRequestId(id);
    if (requestId === undefined) return;
    const message = 'Method not found: clients of ContextVM take no requests (sampling, elicitation, roots)';
    this.#session.transport.deny({ jsonrpc: '2.0', id: requestId, error: { code: -32_601, message } });
  }

  /** A client without a link would wait for its time-out: nothing else tells it that a session is over. */
  async #giveUp(reason: string): Promise<void> {
    const { peer, routes } = this.#options;
    const answers = routes.unanswered(this).map(async ([event, route]) => {
      const answer = endOf(route.id, reason);
      routes.remove(event);
      await peer.send({ text: JSON.stringify(answer), requestEvent: event, route, isAnswer: true });
    });
    await Promise.allSettled(answers);
  }
}

function endOf(id: RequestId, reason: string): JsonRpcErrorResponse {
  if (reason === 'server_failed') return failureResponse(id, reason, 'the MCP server could not be started');
  const text = `the server ended this session (${reason}): whether the request was executed is not known`;
  return failureResponse(id, 'outcome_unknown', text, { reason });
}

function asTransportError(error: unknown): TransportError {
  if (error instanceof TransportError) return error;
  return new TransportError('closed', error instanceof Error ? error.message : String(error), {
    cause: error,
  });
}
