import { type JsonRpcNotification, parseRequestId, type RequestId } from '@mcp-nostr/core';
import type { StreamFrame } from '@mcp-nostr/core/contextvm';
import { atMost, type Channel, type OutgoingMessage, TransportError } from '@mcp-nostr/transport';

import { limits } from '../limits.ts';
import type { BarePeer, Said } from './bare-peer.ts';
import type { BareRoutes } from './bare-routes.ts';
import { BareStreams, frameOf } from './bare-streams.ts';

export interface BareChannelOptions {
  peer: BarePeer;
  routes: BareRoutes;
  /** The MCP server wants something of the client, which has no way to answer. */
  onrequest: (id: RequestId) => void;
  /** Nobody reads the stream of a request any more; what its MCP server is told. */
  onabort: (abort: JsonRpcNotification) => void;
  /** A message has left, or never will. */
  onsent: () => void;
}

/** On its way to a relay. */
interface Sending {
  readonly aborter: AbortController;
  /** Never rejects. */
  readonly done: Promise<void>;
}

/** The way of one session to its client: each message in the form, and under the event, of its request. */
export class BareChannel implements Channel {
  /** Its client has another session, and that tells the news. */
  isRetired = false;
  readonly #options: BareChannelOptions;
  readonly #sending: Map<OutgoingMessage, Sending> = new Map();
  readonly #streams: BareStreams;

  constructor(options: BareChannelOptions) {
    this.#options = options;
    const { peer, routes, onabort } = options;
    this.#streams = new BareStreams({
      say: (text, event) => peer.tell(this.#frame(text, event)),
      isOpen: (event) => routes.get(event)?.isAnswered === false,
      onabort,
    });
  }

  get queuedBytes(): number {
    return this.#options.peer.queuedBytes;
  }

  get isEmpty(): boolean {
    return this.#sending.size === 0;
  }

  send(message: OutgoingMessage): void {
    const { sort, id, requestEvent, onsettled } = message;
    const { peer, routes, onrequest } = this.#options;
    if (sort === 'request') {
      onsettled?.();
      const asked = id === undefined ? undefined : parseRequestId(id);
      if (asked !== undefined) onrequest(asked);
      return;
    }
    const route = requestEvent === undefined ? undefined : routes.get(requestEvent);
    const isAnswer = sort === 'response';
    const isNews = route === undefined && !isAnswer;
    const said = isNews && this.isRetired ? undefined : this.#said(message, isAnswer);
    if (said === undefined) return onsettled?.();
    if (route !== undefined && isAnswer) route.isAnswered = true;
    const aborter = new AbortController();
    const saying = { ...said, signal: aborter.signal };
    const ahead = isAnswer ? this.#newsOf(requestEvent) : undefined;
    const sent = ahead === undefined ? peer.send(saying) : ahead.then(() => peer.send(saying));
    const done = sent.then(
      () => this.#settle(message),
      (error: unknown) => this.#settle(message, asTransportError(error)),
    );
    this.#sending.set(message, { aborter, done });
  }

  withdraw(matches: (message: OutgoingMessage) => boolean): OutgoingMessage[] {
    const withdrawn = [...this.#sending.keys()].filter((message) => matches(message));
    for (const message of withdrawn) this.#sending.get(message)?.aborter.abort();
    return withdrawn;
  }

  /** What the client says of the stream of a request. */
  onstream(frame: StreamFrame, event: string): void {
    this.#streams.heard(frame, event);
  }

  close(): void {
    this.#streams.close();
  }

  #settle(message: OutgoingMessage, error?: TransportError): void {
    const { sort, requestEvent, onsettled } = message;
    this.#sending.delete(message);
    // Of one that is too large that is the answer, and it follows.
    const isAnswered = sort === 'response' && error?.code !== 'message_too_large';
    if (isAnswered && requestEvent !== undefined) this.#options.routes.remove(requestEvent);
    onsettled?.(error);
    this.#options.onsent();
  }

  /**
   * What was said of a request and no relay has taken yet. ContextVM's clients lose the progress that comes in one tick
   * with its answer, as the SDKs do: that leaves when the relays have passed on what came before it.
   */
  #newsOf(requestEvent: string | undefined): Promise<unknown> | undefined {
    if (requestEvent === undefined) return undefined;
    const news = [...this.#sending].filter(([message]) => message.requestEvent === requestEvent);
    if (news.length === 0) return undefined;
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
}

function asTransportError(error: unknown): TransportError {
  if (error instanceof TransportError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new TransportError('closed', reason, { cause: error });
}
