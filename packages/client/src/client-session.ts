import {
  cancelledId,
  type FailureCode,
  isRequest,
  type JsonRpcMessage,
  type JsonRpcRequest,
  type RequestId,
} from '@mcp-nostr/core';
import {
  type Fate,
  type IncomingFrame,
  Link,
  type LinkEnd,
  type Outgoing,
  type OutgoingMessage,
  TransportError,
} from '@mcp-nostr/transport';

import type { ClientSessionOptions } from './client-session-options.ts';
import type { Conversation } from './conversation.ts';
import { failAll, failStranded, failUnknown } from './failing.ts';
import { Incoming } from './incoming.ts';
import { Leaving } from './leaving.ts';
import { limits } from './limits.ts';
import { localFailure } from './local-failure.ts';
import { Losses } from './losses.ts';
import { checkRoom, keyOf, toOutgoing } from './outgoing.ts';
import { refusalFailure } from './refusal-failure.ts';
import { Requests } from './requests.ts';
import { Resumption } from './resumption.ts';
import { sortOut } from './sort-out.ts';

/**
 * A client's conversation with a server over one connection after the other: when one is lost, the next takes up the
 * session and sends again what surely was not executed (WIRE.md, section 10). A state machine as `Link` is.
 */
export class ClientSession implements Conversation {
  readonly #options: ClientSessionOptions;
  readonly #resumption: Resumption;
  readonly #losses = new Losses();
  readonly #requests: Requests;
  readonly #incoming: Incoming;
  readonly #leaving = new Leaving();
  #link: Link | undefined;
  /** The process that the server is said to be now. */
  #instance: string;
  #isReachable = false;
  /** When what has not left, because no relay is there, fails. */
  #strandedAt = Infinity;
  #resetAt = Infinity;
  /** What waits for that is no reset, but surely was not executed by whoever has said so. */
  #isOpeningRefused = false;
  #reopenAt = Infinity;
  #isClosed = false;
  /** The server was heard with a link: it is one of ours. */
  isLinked = false;
  /** Added to our clock in what is signed, in seconds, since the server's clock refused ours. */
  clockOffsetSeconds = 0;

  constructor(options: ClientSessionOptions) {
    this.#options = options;
    const { randomHex, onerror, onmessage, describe, instance = '' } = options;
    this.#instance = instance;
    this.#requests = new Requests(onmessage, () => ({ relays: describe().relays }));
    this.#resumption = new Resumption(() => `resume-${randomHex(8)}`, onerror);
    this.#incoming = new Incoming({
      requests: this.#requests,
      resumption: this.#resumption,
      losses: this.#losses,
      onmessage,
      onerror,
      onobjection: (reason) => this.#giveUp(reason),
    });
  }

  /** Of the present connection. */
  get connection(): string | undefined {
    return this.#link?.connection;
  }

  /** Something may come without our asking, or is on its way. */
  get expects(): boolean {
    return this.#resumption.expects(this.#requests.expects) !== 'nothing';
  }

  /** Of those that are not answered. */
  get oldestRequest(): JsonRpcRequest | undefined {
    return this.#requests.pending[0]?.[1].request;
  }

  get wakeAt(): number {
    const linkAt = this.#link?.wakeAt ?? Infinity;
    return Math.min(this.#strandedAt, this.#resetAt, this.#reopenAt, linkAt);
  }

  send(
    message: JsonRpcMessage,
    relation: RequestId | undefined,
    onsettled?: (error?: TransportError) => void,
  ): void {
    const outgoing = toOutgoing(message, relation, (error) => {
      // Its sender is told, and it is over: it must neither be answered nor sent again.
      if (error !== undefined) this.#requests.forget(outgoing);
      onsettled?.(error);
    });
    const { sort, id = '' } = outgoing;
    // What an earlier connection asked the present one does not wait for.
    if (sort === 'response' && !this.#requests.isAsked(id)) return onsettled?.();
    checkRoom(outgoing, this.#queuedBytes);
    // Not before: an answer that is too large is followed by one that says so.
    if (sort === 'response') this.#requests.answered(id);
    const cancelled = cancelledId(message);
    if (cancelled !== undefined) this.#cancel(cancelled);
    this.#resumption.notified(message);
    if (isRequest(message)) this.#requests.add(keyOf(message.id), message, outgoing);
    this.#enqueue(outgoing);
    if (!this.#isReachable) this.#strand();
  }

  /** A frame of the server for the present connection. */
  receive(incoming: IncomingFrame): void {
    const link = this.#link;
    const { event, frame, bytes } = incoming;
    if (link === undefined || link.isOver) return;
    const { control, instance } = frame.link;
    this.isLinked = true;
    if (control === 'reset') return this.#onreset(link, incoming);
    if (control === 'refuse') return this.#onrefusal(link, incoming);
    // Another process with the server's key has answered the same opening; the first one heard is ours.
    if (link.isOpen && instance !== link.instance) return;
    link.instance = instance;
    this.#resetAt = Infinity;
    link.receive(frame, { id: event.id, createdAt: event.created_at, bytes });
  }

  relaysChanged(isReachable: boolean, isNew: boolean): void {
    this.#isReachable = isReachable;
    if (isReachable) this.#strandedAt = Infinity;
    else if (this.#queuedBytes > 0) this.#strand();
    this.#link?.relaysChanged(isReachable, isNew);
  }

  poll(): Outgoing | undefined {
    const now = this.#options.clock();
    if (this.#resetAt <= now) this.#lose('the server was restarted', this.#isOpeningRefused);
    if (this.#reopenAt <= now) this.#open();
    if (this.#strandedAt <= now) this.#failStranded();
    return this.#leaving.poll() ?? this.#link?.poll();
  }

  /** Shows the server what it should know now. */
  probe(): void {
    if (this.#link?.isOpen === true) this.#link.probe();
  }

  /** Nobody can be spoken to in this way: what waits fails, since nothing that can be executed has left. */
  refuse(code: FailureCode, reason: string): void {
    if (this.#link?.isOpen === false) this.#abandon(code, reason, false);
  }

  /** The server knows no link: gives up what waits, in its order, for another conversation to take up. */
  handOver(): OutgoingMessage[] {
    const waiting = [...(this.#link?.undelivered().keys() ?? [])];
    this.#requests.clear();
    this.#link?.close();
    this.#link = undefined;
    this.close();
    return waiting;
  }

  /** Says `bye` too. */
  close(): void {
    this.#isClosed = true;
    this.#requests.clear();
    this.#strandedAt = this.#resetAt = this.#reopenAt = Infinity;
    const error = new TransportError('closed', 'the connection was closed');
    const left = [...(this.#link?.undelivered().keys() ?? []), ...this.#resumption.interrupt()];
    this.#leave('closed');
    for (const { onsettled } of left) onsettled?.(error);
  }

  #enqueue(outgoing: OutgoingMessage): void {
    if (this.#isClosed) return outgoing.onsettled?.(new TransportError('closed', 'the session is over'));
    if (this.#link === undefined) this.#open();
    if (!this.#resumption.hold(outgoing)) this.#link?.send(outgoing);
  }

  #open(): void {
    this.#reopenAt = Infinity;
    if (this.#link !== undefined || this.#isClosed) return;
    const { isWrapped, clock, randomHex, frameBytes, credentialBytes, unfinished } = this.#options;
    this.#losses.begun(clock());
    const link: Link = new Link({
      role: 'client',
      connection: randomHex(16),
      instance: this.#takeInstance(),
      isWrapped,
      clock,
      random: () => randomHex(8),
      frameBytes,
      credentialBytes,
      expects: () => this.#resumption.expects(this.#requests.expects),
      unfinished,
      onmessage: (message) => this.#incoming.take(message, link),
      onlost: (message) => this.#incoming.lose(message, link),
      onend: (end) => this.#onend(end),
    });
    this.#link = link;
    link.relaysChanged(this.#isReachable, false);
    this.#resumption.begin(link);
  }

  /** Of the announcement: for one connection, since a later one has a reason to be. */
  #takeInstance(): string {
    const instance = this.#instance;
    this.#instance = '';
    return instance;
  }

  #cancel(id: RequestId): void {
    // Nothing for a cancelled request is delivered any more, its answer included.
    const pending = this.#requests.settle(keyOf(id));
    if (pending === undefined) return;
    const isIt = (message: OutgoingMessage): boolean => message === pending.outgoing;
    this.#resumption.withdraw(isIt);
    this.#link?.withdraw(isIt);
    pending.outgoing.onsettled?.();
  }

  /** The server does not know this connection: it restarted, or let it go. */
  #onreset(link: Link, { frame }: IncomingFrame): void {
    const { instance, detail, acknowledged } = frame.link;
    // Before the server was heard only an opening was sent: one that it remembers has ended.
    if (!link.isOpen && detail !== 'ended') return;
    if (!link.isOpen || instance === link.instance) {
      if (detail === 'ended') link.acknowledge(acknowledged);
      return this.#lose('the server has let the connection go', detail === 'ended');
    }
    if (this.#resetAt === Infinity) this.#doubt(false);
    link.probe();
  }

  /** Two processes may serve one key: another one is believed only when ours leaves one more question unanswered. */
  #doubt(isOpeningRefused: boolean): void {
    this.#isOpeningRefused = isOpeningRefused;
    this.#resetAt = this.#options.clock() + limits.resetProbeMs;
  }

  #onrefusal(link: Link, { event, frame }: IncomingFrame): void {
    const detail = frame.link.detail ?? '';
    const mayBeTaken = !link.isOpen && link.mayBeTaken(frame);
    if (detail === 'grant_expired') return this.#onungranted(link.isOpen || mayBeTaken);
    if (link.isOpen) return;
    if (detail === 'moved') return this.#onmoved(frame.successor, mayBeTaken);
    if (detail === 'opening_not_harmless' && link.instance !== '') return this.#onpast(link, mayBeTaken);
    if (detail !== 'clock') {
      const { code, reason, data } = refusalFailure(detail, this.#options.describe().server);
      return this.#abandon(code, reason, mayBeTaken, data);
    }
    const offset = event.created_at - this.#options.nowSeconds();
    // Each opening that was on its way with the old time earns a refusal too.
    if (Math.abs(offset - this.clockOffsetSeconds) < limits.clockToleranceSeconds) return;
    this.clockOffsetSeconds = offset;
    link.openAgain();
  }

  /** The server is not the process any more that the opening names, says another. */
  #onpast(link: Link, mayBeTaken: boolean): void {
    if (!mayBeTaken) this.#isOpeningRefused = true;
    if (this.#resetAt !== Infinity) return;
    this.#doubt(!mayBeTaken);
    link.openAgain();
  }

  /** What follows goes over another connection, under another grant if there is one. */
  #onungranted(isExecutable: boolean): void {
    const { code, reason } = refusalFailure('grant_expired', this.#options.describe().server);
    if (this.#options.regrant?.() === true) this.#lose(reason, !isExecutable);
    else this.#abandon(code, reason, isExecutable);
  }

  #onmoved(statement: string | undefined, isExecutable: boolean): void {
    const { code, reason, data } = this.#options.moved(statement);
    this.#abandon(code, reason, isExecutable, data);
  }

  #onend(end: LinkEnd): void {
    if (end.code === 'bye') return this.#lose(`the server closed the connection (${end.reason})`, true);
    if (end.code === 'violation') return this.#lose(`the server broke the protocol: ${end.reason}`, false);
    if (end.code === 'refused') this.#options.onerror(new Error(end.reason, { cause: end.cause }));
    const { describe, clock, isWrapped } = this.#options;
    const failure = localFailure(end, describe(), this.#link, clock(), isWrapped);
    this.#abandon(failure.code, failure.reason, end.code !== 'signer', failure.data);
  }

  /** The server is not in this connection any more: another one, with what can be sent again. */
  #lose(reason: string, isTrusted: boolean): void {
    const link = this.#link;
    if (link === undefined) return;
    const isWatching = this.#resumption.hasSubscriptions || this.#resumption.isUnderWay;
    const fates = this.#leaveWith(link);
    const { again, unknown, dropped } = sortOut(this.#requests, fates, isTrusted);
    failUnknown(this.#requests, unknown, reason);
    const error = new TransportError('outcome_unknown', reason);
    for (const { onsettled } of dropped) onsettled?.(error);
    this.#options.onerror(error);
    for (const message of again) this.#enqueue(message);
    // A server that ends each connection before it has answered anything must not be asked for ever.
    if (this.#losses.areHopeless) this.#abandon('server_failed', reason, false);
    if (this.#link === undefined && isWatching) this.#reopenLater();
  }

  /** Nobody was there, or nobody can be: what waits fails, and the next message tries anew. */
  #abandon(code: FailureCode, reason: string, isExecutable: boolean, data?: Record<string, unknown>): void {
    const link = this.#link;
    if (link === undefined) return;
    const fates = this.#leaveWith(link);
    failAll(this.#requests, fates, { code, reason, isExecutable, data });
    // Whoever has refused to sign is asked again for the next message, and not for what nobody waits for.
    if (this.#resumption.hasSubscriptions && data?.['words'] === undefined) this.#reopenLater();
  }

  #reopenLater(): void {
    this.#reopenAt = this.#options.clock() + this.#options.random() * this.#losses.waitMs;
  }

  /** What was sent may still be answered; what was not, nobody has seen. An opening has a time of its own. */
  #strand(): void {
    if (this.#link?.isOpen !== true) return;
    this.#strandedAt = Math.min(this.#strandedAt, this.#options.clock() + limits.unreachableMs);
  }

  #failStranded(): void {
    this.#strandedAt = Infinity;
    // What takes the session up again stays: without it the connection would not be what it was.
    const unsent = this.#link?.withdraw((message) => !this.#resumption.isOwn(message)) ?? [];
    const stranded = [...unsent, ...this.#resumption.withdraw(() => true)];
    failStranded(this.#requests, stranded, this.#options.describe().relays);
  }

  /** The session itself is over. */
  #giveUp(reason: string): void {
    this.#abandon('server_failed', reason, true);
    this.#isClosed = true;
    this.#reopenAt = Infinity;
    this.#options.onlost(reason);
  }

  /** Ends the link; returns what the server is not known to have, what waited for it included. */
  #leaveWith(link: Link): Map<OutgoingMessage, Fate> {
    this.#losses.lost(this.#options.clock());
    const fates = link.undelivered();
    for (const message of fates.keys()) if (this.#resumption.isOwn(message)) fates.delete(message);
    for (const message of this.#resumption.interrupt()) fates.set(message, 'unsent');
    this.#leave();
    return fates;
  }

  #leave(reason?: string): void {
    const link = this.#link;
    this.#link = undefined;
    this.#resetAt = Infinity;
    this.#requests.cancelAsked();
    if (link === undefined) return;
    link.close(reason);
    this.#leaving.add(link);
  }

  /** Characters that wait to be sent, or for the session to be taken up again. */
  get #queuedBytes(): number {
    return (this.#link?.queuedBytes ?? 0) + this.#resumption.heldBytes;
  }
}
