import {
  cancelledId,
  failureResponse,
  isRequest,
  isResponse,
  type JsonRpcMessage,
  type JsonRpcNotification,
  type JsonRpcRequest,
  parseMessage,
  type RequestId,
} from '@mcp-nostr/core';
import { frameFamily, tokenText } from '@mcp-nostr/core/contextvm';
import { type BareOutgoing, type IncomingBare, TransportError } from '@mcp-nostr/transport';

import type { Conversation } from '../conversation.ts';
import { withoutMove } from '../moved-failure.ts';
import { keyOf } from '../outgoing.ts';
import { AnswersInParts } from './answers-in-parts.ts';
import { Asked } from './asked.ts';
import {
  asTransportError,
  type FailRequest,
  failSilent,
  isNobodyThere,
  sendingFailure,
} from './bare-failures.ts';
import { BareRequest } from './bare-request.ts';
import { BareRequests } from './bare-requests.ts';
import type { BareSessionOptions } from './bare-session-options.ts';
import { Payments } from './payments.ts';
import { question } from './question.ts';
import { ServerFacts } from './server-facts.ts';
import { StreamTerms } from './stream-terms.ts';
import { isOwnFrame } from './streams.ts';
import { Vigil } from './vigil.ts';
import { Watch } from './watch.ts';
import {
  cancellationsOnWire,
  notificationOnWire,
  ownNotification,
  requestOnWire,
  textOf,
  tokenOnWire,
  withOwnSubscription,
} from './wire-names.ts';

/**
 * A client's conversation with a server that knows no link (WIRE.md, section 13). The server acknowledges nothing: what
 * is harmless is sent again until it is answered, and nothing else ever is.
 */
export class BareSession implements Conversation {
  readonly #options: BareSessionOptions;
  readonly #sender: ReturnType<BareSessionOptions['newSender']>;
  readonly #parts: AnswersInParts;
  readonly #requests = new BareRequests();
  readonly #asked = new Asked();
  readonly #terms = new StreamTerms({
    isPending: (request) => this.#requests.has(request),
    say: (text) => this.#say({ text }, () => {}),
  });
  readonly #vigil = new Vigil();
  readonly #watch: Watch;
  readonly #payments: Payments;
  readonly #facts: ServerFacts;
  #names = 0;
  #isClosed = false;

  constructor(options: BareSessionOptions) {
    this.#options = options;
    const { first, announced } = options;
    this.#facts = new ServerFacts(first?.form ?? announced?.form ?? 'ephemeral', announced?.support);
    this.#sender = options.newSender(() => this.#facts.support?.oversized);
    this.#parts = new AnswersInParts({
      requests: this.#requests,
      sender: this.#sender,
      unfinished: options.unfinished,
      reply: (text) => this.#say({ text }, () => {}),
      fail: this.#fail,
      onlost: (request) => this.#transmit(request),
    });
    this.#payments = new Payments({
      given: options.payments,
      onmessage: options.onmessage,
      onerror: options.onerror,
      resend: (request) => this.#transmit(request),
      fail: this.#fail,
    });
    this.#watch = new Watch({
      vigil: this.#vigil,
      requests: this.#requests,
      clock: options.clock,
      ping: () => this.#ping(),
      resend: (request) => this.#transmit(request),
      giveUp: (now) => this.#giveUp(now),
    });
    if (first !== undefined) this.#learn(first);
  }

  /** The server has said something in this session, or what led to it. */
  get isHeard(): boolean {
    return this.#vigil.heardAt !== undefined;
  }

  /** Whether a message of the server concerns us: an answer to another program with our key does not. */
  accepts({ requestEvent }: { requestEvent?: string | undefined }): boolean {
    if (requestEvent === undefined) return true;
    return this.#requests.named(requestEvent) !== undefined || this.#vigil.isAsked(requestEvent);
  }

  send(
    message: JsonRpcMessage,
    _relation: RequestId | undefined,
    onsettled: (error?: TransportError) => void = () => {},
  ): void {
    if (this.#isClosed) return onsettled(new TransportError('closed', 'the session is over'));
    if (isRequest(message)) this.#request(message, onsettled);
    else if (isResponse(message)) {
      // Not before: an answer that is too large is followed by one that says so.
      const text = textOf(message);
      const requestEvent = message.id === undefined ? undefined : this.#asked.take(message.id);
      if (requestEvent === undefined) return onsettled();
      this.#say({ text, requestEvent }, onsettled);
    } else this.#notify(message, onsettled);
  }

  /** A request that left in these events; `isHeard`: the server has answered one of them. */
  adopt(
    request: JsonRpcRequest,
    events: Iterable<string>,
    isHeard: boolean,
    onsettled: BareRequest['onsettled'],
  ): void {
    const adopted = new BareRequest(request, onsettled);
    adopted.rename(String(adopted.id), tokenText(adopted.ownToken));
    this.#requests.add(adopted);
    for (const event of events) this.#requests.bind(adopted, event);
    // What is not harmless leaves once, and with an announced process it may have been in the opening.
    if (isHeard || !adopted.isHarmless) this.#left(adopted, textOf(request).length);
    else this.#transmit(adopted);
  }

  /** A message of the server that `accepts()` has let through. */
  receive(incoming: IncomingBare): void {
    if (this.#isClosed) return;
    const { requestEvent } = incoming.message;
    this.#learn(incoming);
    if (requestEvent === undefined || !this.#vigil.takes(requestEvent))
      this.#take(incoming.message.content, incoming);
    this.#watch.look();
  }

  relaysChanged(isReachable: boolean, isNew: boolean): void {
    const now = this.#options.clock();
    this.#watch.isReachable = isReachable;
    if (isReachable && isNew) {
      this.#vigil.newWay(now);
      // What was sent, or what answered it, may have been lost with the relay.
      for (const request of this.#requests.all) if (request.againAt !== Infinity) request.againAt = now;
      if (!this.#requests.isEmpty) this.#ping();
    }
    this.#watch.look();
  }

  close(): void {
    this.#isClosed = true;
    this.#watch.close();
    const error = new TransportError('closed', 'the connection was closed');
    for (const { onsettled } of this.#requests.all) onsettled(error);
    this.#requests.clear();
    this.#parts.close();
    this.#terms.close();
    this.#payments.close();
    this.#sender.close();
  }

  #request(request: JsonRpcRequest, onsettled: (error?: TransportError) => void): void {
    this.#transmit(new BareRequest(request, onsettled));
    this.#watch.look();
  }

  /** Under new names: the answers to two copies of it, in parts or not, must not be taken for one. */
  #transmit(request: BareRequest): void {
    const wireId = this.#newName();
    const wireToken = tokenOnWire(request, wireId, this.#facts.support);
    request.rename(wireId, wireToken);
    const text = textOf(requestOnWire(request));
    this.#requests.add(request);
    const { aborter, isHarmless } = request;
    this.#post({
      text,
      tags: this.#options.tags(),
      token: wireToken,
      isRepeatable: isHarmless,
      onsigned: (event) => this.#requests.bind(request, event.id),
      signal: aborter.signal,
    }).then(
      () => this.#left(request, text.length),
      (error: unknown) => this.#failed(request, error),
    );
  }

  #left(request: BareRequest, length: number): void {
    if (this.#isClosed) return;
    request.left(this.#options.clock(), length);
    this.#terms.left(request, this.#facts.support);
    request.onsettled();
    this.#watch.look();
  }

  /** The first attempt did not leave; of a later one that says nothing of those before. */
  #failed(request: BareRequest, error: unknown): void {
    if (!this.#requests.has(request)) return;
    if (request.isOut) return this.#left(request, 0);
    const { code, reason, data } = sendingFailure(error, this.#options.describe());
    this.#fail(request, code, reason, data);
  }

  readonly #fail: FailRequest = (request, code, reason, data) => {
    if (!this.#settle(request)) return;
    const { relays } = this.#options.describe();
    this.#options.onmessage(failureResponse(request.id, code, reason, { ...data, relays }));
    request.onsettled();
    this.#watch.look();
  };

  #notify(message: JsonRpcNotification, onsettled: (error?: TransportError) => void): void {
    const id = cancelledId(message);
    if (id === undefined)
      return this.#say({ text: textOf(notificationOnWire(message, this.#requests)) }, onsettled);
    const request = this.#requests.byId(id);
    // Nothing for a cancelled request is delivered any more, its answer included.
    if (request === undefined || !this.#settle(request)) return onsettled();
    request.aborter.abort();
    request.onsettled();
    for (const each of cancellationsOnWire(message, request)) this.#say({ text: textOf(each) }, () => {});
    onsettled();
    this.#watch.look();
  }

  #say(
    message: Pick<BareOutgoing, 'text' | 'requestEvent'>,
    onsettled: (error?: TransportError) => void,
  ): void {
    this.#post(message).then(
      () => onsettled(),
      (error: unknown) => onsettled(asTransportError(error)),
    );
  }

  #post(message: Omit<BareOutgoing, 'form' | 'notBefore' | 'relay'>): Promise<void> {
    const { form, relay, aheadSeconds } = this.#facts;
    const notBefore = this.#options.nowSeconds() + aheadSeconds;
    return this.#sender.send({ ...message, form, notBefore, relay });
  }

  #take(
    text: string,
    incoming: IncomingBare,
    request = this.#requests.named(incoming.message.requestEvent ?? ''),
  ): void {
    let message: JsonRpcMessage;
    try {
      message = parseMessage(text);
      const isPart = this.#parts.takes(message, incoming, (whole, asked) =>
        this.#take(whole.text, whole.incoming, asked),
      );
      if (isPart) return;
    } catch (error) {
      this.#options.onerror(error instanceof Error ? error : new Error(String(error)));
      // It is the answer, and there will be no other.
      if (request !== undefined) this.#fail(request, 'server_failed', 'the answer cannot be read');
      return;
    }
    if (isResponse(message)) return this.#answer(message, request);
    if (frameFamily(message) === 'open-stream') {
      // Of others we have said that they are not wanted.
      if (isOwnFrame(message)) this.#options.onmessage(message);
      return;
    }
    if (request !== undefined && this.#payments.notified(message, request)) return;
    if (isRequest(message)) this.#asked.add(message.id, incoming.event.id);
    const own = isRequest(message) ? message : ownNotification(message, this.#requests);
    if (own !== undefined) this.#options.onmessage(own, request && keyOf(request.id));
  }

  /** The first one counts: a request that came to the server twice is answered twice. */
  #answer(message: JsonRpcMessage, request: BareRequest | undefined): void {
    if (request === undefined) return;
    const answer = withOwnSubscription({ ...message, id: request.id }, this.#requests);
    if (this.#payments.answered(message, request)) return;
    this.#settle(request);
    request.aborter.abort();
    request.onsettled();
    this.#options.onmessage(isResponse(answer) ? withoutMove(answer) : answer);
  }

  #settle(request: BareRequest): boolean {
    this.#payments.forget(request);
    return this.#requests.settle(request);
  }

  #learn(incoming: IncomingBare): void {
    this.#vigil.heard(this.#options.clock());
    this.#facts.learn(incoming, this.#options.nowSeconds());
  }

  /** As long as any other, so that what fitted once fits again. */
  #newName(): string {
    return `${this.#options.prefix}-${String(++this.#names).padStart(6, '0')}`;
  }

  /** Asks whether the server lives, under a name of our own. */
  #ping(): void {
    this.#vigil.pinged(this.#options.clock());
    const id = this.#newName();
    const text = textOf(question(id, this.#requests.all[0]?.request));
    const onsigned = ({ id: event }: { id: string }): void => {
      this.#vigil.asks(event);
    };
    this.#post({ text, tags: this.#options.tags(), isRepeatable: true, onsigned }).catch((error: unknown) => {
      // What else went wrong is silence, which speaks for itself.
      if (isNobodyThere(error)) this.#giveUp(this.#options.clock());
    });
  }

  #giveUp(now: number): void {
    const { heardAt } = this.#vigil;
    failSilent(this.#requests.all, this.#fail, {
      ...this.#options.describe(),
      isReachable: this.#watch.isReachable,
      silentSeconds: heardAt === undefined ? undefined : Math.round((now - heardAt) / 1_000),
    });
  }
}
