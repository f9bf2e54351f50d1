import {
  cancelledId,
  type FailureCode,
  failureResponse,
  isHarmless,
  isRequest,
  isResponse,
  type JsonRpcMessage,
  type JsonRpcRequest,
  parseMessage,
  type RequestId,
} from '@mcp-nostr/core';
import {
  checkMessageSize,
  type Fate,
  type IncomingFrame,
  Link,
  type LinkEnd,
  linkLimits,
  type LostMessage,
  type Outgoing,
  type OutgoingMessage,
  type ReceivedMessage,
  TransportError,
  type UnfinishedMessages,
} from '@mcp-nostr/transport';

import { limits } from './limits.ts';
import { refusalError } from './refusal-error.ts';
import { isListening, SessionReplay } from './session-replay.ts';

export interface ClientSessionOptions {
  /** The same signed event can travel again; see `LinkOptions`. */
  isWrapped: boolean;
  /** Milliseconds that only grow. */
  clock: () => number;
  /** Seconds since 1970. */
  nowSeconds: () => number;
  /** From 0 to 1. */
  random: () => number;
  /** So many random bytes in hex. */
  randomHex: (bytes: number) => string;
  frameBytes: () => number;
  unfinished: UnfinishedMessages;
  /** For messages: what the server is called, and where it was looked for. */
  describe: () => { server: string; relays: string };
  onmessage: (message: JsonRpcMessage) => void;
  onerror: (error: Error) => void;
  /** The session cannot be continued. Comes at most once. */
  onlost: (reason: string) => void;
}

interface Pending {
  readonly request: JsonRpcRequest;
  readonly outgoing: OutgoingMessage;
}

type LocalFailure = Exclude<FailureCode, 'server_failed'>;

/**
 * A client's conversation with a server over one connection after the other: when one is lost, the next takes up the
 * session and sends again what surely was not executed (WIRE.md, section 10). A state machine as `Link` is.
 */
export class ClientSession {
  readonly #options: ClientSessionOptions;
  readonly #replay = new SessionReplay();
  /** Requests by the JSON of their id. */
  readonly #pending: Map<string, Pending> = new Map();
  /** Requests of the server that wait for our answer. */
  readonly #asked: Set<string> = new Set();
  #link: Link | undefined;
  /** Links that are over and still have their `bye` to say. */
  #leaving: Link[] = [];
  /** Our own requests that tell a new connection what the session was. */
  readonly #replayed: Map<string, 'opening' | 'rest'> = new Map();
  /** What we say by ourselves; the next connection says it anew. */
  readonly #own: Set<OutgoingMessage> = new Set();
  /** What waits until the session has been taken up again. */
  #held: OutgoingMessage[] | undefined;
  #isReachable = false;
  /** Connections lost since the last answer. */
  #losses = 0;
  /** When what has not left, because no relay is there, fails. */
  #strandedAt = Infinity;
  #resetAt = Infinity;
  #reopenAt = Infinity;
  #isClosed = false;
  /** Added to our clock in what is signed, in seconds, since the server's clock refused ours. */
  clockOffsetSeconds = 0;

  constructor(options: ClientSessionOptions) {
    this.#options = options;
  }

  /** Of the present connection. */
  get connection(): string | undefined {
    return this.#link?.connection;
  }

  get wakeAt(): number {
    const links = [...this.#leaving, ...(this.#link === undefined ? [] : [this.#link])];
    return Math.min(this.#strandedAt, this.#resetAt, this.#reopenAt, ...links.map(({ wakeAt }) => wakeAt));
  }

  /**
   * `relation`: the id of the server's request that a message belongs to.
   * @throws {TransportError} `message_too_large`, `busy`
   */
  send(
    message: JsonRpcMessage,
    relation: RequestId | undefined,
    onsettled?: (error?: TransportError) => void,
  ): void {
    if (isResponse(message)) {
      // What an earlier connection asked the present one does not wait for.
      if (message.id === undefined || !this.#asked.delete(keyOf(message.id))) return onsettled?.();
    }
    const outgoing = toOutgoing(message, relation, onsettled);
    this.#checkRoom(outgoing.text);
    const cancelled = cancelledId(message);
    if (cancelled !== undefined) this.#cancel(cancelled);
    this.#replay.notified(message);
    if (isRequest(message)) this.#pending.set(keyOf(message.id), { request: message, outgoing });
    this.#enqueue(outgoing);
    this.#expect();
    if (!this.#isReachable) this.#strand();
  }

  /** A frame of the server for the present connection. */
  receive(incoming: IncomingFrame): void {
    const link = this.#link;
    const { event, frame, bytes } = incoming;
    if (link === undefined || link.isOver) return;
    if (frame.link.control === 'reset') return this.#onreset(link, incoming);
    if (frame.link.control === 'refuse') return this.#onrefusal(link, incoming);
    // Another process with the server's key has answered the same opening; the first one heard is ours.
    if (link.instance !== '' && frame.link.instance !== link.instance) return;
    link.instance = frame.link.instance;
    this.#resetAt = Infinity;
    link.receive(frame, { id: event.id, createdAt: event.created_at, bytes });
    this.#expect();
  }

  relaysChanged(isReachable: boolean, isNew: boolean): void {
    this.#isReachable = isReachable;
    if (isReachable) this.#strandedAt = Infinity;
    else if ((this.#link?.queuedBytes ?? 0) > 0) this.#strand();
    for (const link of this.#leaving) link.relaysChanged(isReachable, isNew);
    this.#link?.relaysChanged(isReachable, isNew);
  }

  poll(): Outgoing | undefined {
    const now = this.#options.clock();
    if (this.#resetAt <= now) this.#lose('the server was restarted', false);
    if (this.#reopenAt <= now) this.#open();
    if (this.#strandedAt <= now) this.#failStranded();
    for (const link of this.#leaving) {
      const next = link.poll();
      if (next !== undefined) return next;
    }
    this.#leaving = this.#leaving.filter(({ isDone }) => !isDone).slice(-limits.maxLeaving);
    return this.#link?.poll();
  }

  /** Says `bye`; nothing is delivered any more. */
  close(): void {
    this.#isClosed = true;
    this.#pending.clear();
    this.#strandedAt = this.#resetAt = this.#reopenAt = Infinity;
    this.#leave('closed');
  }

  #checkRoom(text: string): void {
    checkMessageSize(text);
    if ((this.#link?.queuedBytes ?? 0) + text.length <= linkLimits.maxQueuedBytes) return;
    throw new TransportError('busy', `more than ${linkLimits.maxQueuedBytes} bytes wait to be sent`);
  }

  #enqueue(outgoing: OutgoingMessage): void {
    if (this.#link === undefined) this.#open();
    if (this.#held !== undefined) this.#held.push(outgoing);
    else this.#link?.send(outgoing);
  }

  #open(): void {
    this.#reopenAt = Infinity;
    if (this.#link !== undefined || this.#isClosed) return;
    const { isWrapped, clock, randomHex, frameBytes, unfinished } = this.#options;
    this.#link = new Link({
      role: 'client',
      connection: randomHex(16),
      instance: '',
      isWrapped,
      clock,
      random: () => randomHex(8),
      frameBytes,
      unfinished,
      onmessage: (message) => this.#onmessage(message),
      onlost: (message) => this.#onlarge(message),
      onend: (end) => this.#onend(end),
    });
    this.#link.relaysChanged(this.#isReachable, false);
    const id = `replay-${randomHex(8)}`;
    const opening = this.#replay.opening(id);
    if (opening === undefined) return;
    this.#replayed.set(keyOf(id), 'opening');
    this.#held = [];
    this.#sayAgain(opening);
  }

  #sayAgain(message: JsonRpcMessage): void {
    const outgoing = toOutgoing(message, undefined);
    this.#own.add(outgoing);
    this.#link?.send(outgoing);
  }

  /** Returns whether we are going to answer it. */
  #onmessage({ text, relation }: ReceivedMessage): boolean {
    let message: JsonRpcMessage;
    try {
      message = parseMessage(text);
    } catch (error) {
      this.#options.onerror(error instanceof Error ? error : new Error(String(error)));
      return false;
    }
    if (isResponse(message)) {
      this.#onresponse(message);
      return false;
    }
    // Some hosts tear everything down over progress of a request that was answered.
    if (relation !== undefined && !this.#pending.has(relation)) return false;
    if (isRequest(message)) this.#asked.add(keyOf(message.id));
    this.#options.onmessage(message);
    return isRequest(message);
  }

  #onresponse(message: Extract<JsonRpcMessage, { result: unknown } | { error: unknown }>): void {
    if (message.id === undefined) return this.#options.onmessage(message);
    this.#losses = 0;
    const key = keyOf(message.id);
    if (this.#replayed.has(key)) return this.#onreplayed(key, message);
    // Never a second answer, and none to what was cancelled or has failed.
    const pending = this.#pending.get(key);
    if (pending === undefined) return;
    this.#pending.delete(key);
    if ('result' in message) this.#replay.answered(pending.request, message);
    this.#options.onmessage(message);
  }

  #onreplayed(key: string, message: JsonRpcMessage): void {
    const step = this.#replayed.get(key);
    this.#replayed.delete(key);
    if (step === 'rest') {
      if ('error' in message)
        this.#options.onerror(new Error(`not taken up again: ${message.error.message}`));
      return;
    }
    const objection = this.#replay.objection(message);
    if (objection !== undefined) return this.#giveUp(objection);
    const held = this.#held ?? [];
    this.#held = undefined;
    const { randomHex } = this.#options;
    for (const each of this.#replay.rest(() => `replay-${randomHex(8)}`)) {
      if (isRequest(each)) this.#replayed.set(keyOf(each.id), 'rest');
      this.#sayAgain(each);
    }
    for (const each of held) this.#link?.send(each);
  }

  #cancel(id: RequestId): void {
    const key = keyOf(id);
    // Nothing for a cancelled request is delivered any more, its answer included.
    const pending = this.#pending.get(key);
    if (pending === undefined) return;
    this.#pending.delete(key);
    const isIt = (message: OutgoingMessage): boolean => message === pending.outgoing;
    this.#held = this.#held?.filter((message) => !isIt(message));
    this.#link?.withdraw(isIt);
    pending.outgoing.onsettled?.();
  }

  /** A large answer, or request of the server, that did not fit into our memory. */
  #onlarge({ sort, id, reason }: LostMessage): void {
    if (sort === 'response' && id !== undefined)
      this.#fail(id, 'message_too_large', `the answer was dropped: ${reason}`);
    this.#options.onerror(new Error(`a ${sort} of the server was dropped: ${reason}`));
  }

  /** The server does not know this connection: it restarted, or let it go. */
  #onreset(link: Link, { frame }: IncomingFrame): void {
    if (link.instance === '') return;
    if (frame.link.instance === link.instance) {
      const isKnown = frame.link.detail === 'ended';
      if (isKnown) link.acknowledge(frame.link.acknowledged);
      return this.#lose('the server has let the connection go', isKnown);
    }
    // Two processes may serve one key: believed only when ours leaves one more question unanswered.
    if (this.#resetAt === Infinity) this.#resetAt = this.#options.clock() + limits.resetProbeMs;
    link.probe();
  }

  #onrefusal(link: Link, { event, frame }: IncomingFrame): void {
    if (link.isOpen) return;
    const reason = frame.link.detail ?? '';
    const { server } = this.#options.describe();
    if (reason !== 'clock') {
      const error = refusalError(reason, server);
      return this.#abandon(error.code === 'busy' ? 'busy' : 'not_allowed', error.message, false);
    }
    const offset = event.created_at - this.#options.nowSeconds();
    // Each opening that was on its way with the old time earns a refusal too.
    if (Math.abs(offset - this.clockOffsetSeconds) < limits.clockToleranceSeconds) return;
    this.clockOffsetSeconds = offset;
    link.openAgain();
  }

  #onend({ code, reason, cause }: LinkEnd): void {
    const { server, relays } = this.#options.describe();
    switch (code) {
      case 'bye':
        return this.#lose(`the server closed the connection (${reason})`, true);
      case 'violation':
        return this.#lose(`the server broke the protocol: ${reason}`, false);
      case 'silent':
        return this.#abandon('server_silent', `${server} does not answer on ${relays}`, true);
      case 'unreachable':
        return this.#abandon('relays_unreachable', `no relay can be reached: ${relays}`, true);
      case 'signer':
        return this.#abandon('signer_failed', reason, false);
      case 'refused': {
        const isSize = /too (?:large|big|long)|larger than|size|bytes/i.test(reason);
        this.#options.onerror(new Error(reason, { cause }));
        return this.#abandon(isSize ? 'message_too_large' : 'relays_unreachable', reason, true);
      }
    }
  }

  /** The server is not in this connection any more: another one, with what can be sent again. */
  #lose(reason: string, isTrusted: boolean): void {
    const link = this.#link;
    if (link === undefined) return;
    const isReplaying = this.#held !== undefined;
    const fates = this.#leaveWith(link);
    // A server that ends each connection before it has answered anything must not be asked for ever.
    const isHopeless = ++this.#losses > limits.maxLosses;
    const again: OutgoingMessage[] = [];
    for (const [key, { request, outgoing }] of [...this.#pending]) {
      const fate = fates.get(outgoing);
      const isAgain = !isHopeless && (outgoing.isHarmless === true || mayRepeat(fate, isTrusted));
      if (!isAgain || isListening(request)) {
        this.#fail(key, 'outcome_unknown', `${reason}; the request may have been executed or not`);
        fates.delete(outgoing);
      } else if (fate === undefined) again.push(outgoing);
    }
    const known = new Set([...this.#pending.values()].map(({ outgoing }) => outgoing));
    for (const [message, fate] of fates) {
      // Of notifications those behind the first that may have arrived are left out too: in order or not at all.
      const isNotice = message.sort === 'notification' && !isHopeless && (isTrusted || fate === 'unsent');
      if (known.has(message) || isNotice) again.push(message);
      else message.onsettled?.(new TransportError('outcome_unknown', reason));
    }
    this.#options.onerror(new TransportError('outcome_unknown', reason));
    for (const message of again) this.#enqueue(message);
    const isWatching = this.#replay.hasSubscriptions || isReplaying;
    const waitMs = Math.min(limits.maxReopenMs, limits.reopenMs * 2 ** this.#losses);
    if (again.length === 0 && isWatching)
      this.#reopenAt = this.#options.clock() + this.#options.random() * waitMs;
    this.#expect();
  }

  /** Nobody was there, or nobody can be: what waits fails, and the next message tries anew. */
  #abandon(code: LocalFailure, reason: string, isExecutable: boolean): void {
    const link = this.#link;
    if (link === undefined) return;
    const fates = this.#leaveWith(link);
    for (const [key, { outgoing }] of [...this.#pending]) {
      const fate = fates.get(outgoing);
      const isSafe = !isExecutable || outgoing.isHarmless === true || fate === 'unsent' || fate === 'untaken';
      if (isSafe) this.#fail(key, code, reason);
      else this.#fail(key, 'outcome_unknown', `${reason}; the request may have been executed or not`);
    }
    const error = new TransportError(code, reason);
    for (const message of fates.keys()) message.onsettled?.(error);
  }

  /** What was sent may still be answered; what was not, nobody has seen. An opening has a time of its own. */
  #strand(): void {
    if (this.#link?.isOpen !== true) return;
    this.#strandedAt = Math.min(this.#strandedAt, this.#options.clock() + limits.unreachableMs);
  }

  #failStranded(): void {
    this.#strandedAt = Infinity;
    const { relays } = this.#options.describe();
    const reason = `no relay can be reached: ${relays}`;
    const error = new TransportError('relays_unreachable', reason);
    for (const message of this.#link?.withdraw(() => true) ?? []) {
      const isPending = message.id !== undefined && this.#pending.get(message.id)?.outgoing === message;
      if (isPending && message.id !== undefined) this.#fail(message.id, 'relays_unreachable', reason);
      else message.onsettled?.(error);
    }
  }

  /** The session itself is over. */
  #giveUp(reason: string): void {
    this.#abandon('outcome_unknown', reason, false);
    this.#isClosed = true;
    this.#options.onlost(reason);
  }

  /** Ends the link; returns what the server is not known to have, what waited for it included. */
  #leaveWith(link: Link): Map<OutgoingMessage, Fate> {
    const fates = link.undelivered();
    for (const message of this.#own) fates.delete(message);
    for (const message of this.#held ?? []) fates.set(message, 'unsent');
    this.#leave();
    return fates;
  }

  #leave(reason?: string): void {
    const link = this.#link;
    this.#link = undefined;
    this.#held = undefined;
    this.#replayed.clear();
    this.#own.clear();
    this.#resetAt = Infinity;
    // What the server asked in this connection nobody waits for any more.
    for (const key of this.#asked) this.#options.onmessage(cancellation(key));
    this.#asked.clear();
    if (link === undefined) return;
    link.close(reason);
    this.#leaving.push(link);
  }

  #fail(key: string, code: FailureCode, message: string): void {
    const pending = this.#pending.get(key);
    if (pending === undefined) return;
    this.#pending.delete(key);
    const { relays } = this.#options.describe();
    this.#options.onmessage(failureResponse(pending.request.id, code, message, { relays }));
    pending.outgoing.onsettled?.();
  }

  #expect(): void {
    if (this.#link === undefined) return;
    let answers = this.#replayed.size > 0;
    for (const { request } of this.#pending.values()) {
      answers ||= !isListening(request);
      if (answers) break;
    }
    const news = this.#replay.hasSubscriptions || this.#pending.size > 0;
    this.#link.expects = answers ? 'answers' : news ? 'news' : 'nothing';
  }
}

function keyOf(id: RequestId): string {
  return JSON.stringify(id);
}

function toOutgoing(
  message: JsonRpcMessage,
  relation: RequestId | undefined,
  onsettled?: (error?: TransportError) => void,
): OutgoingMessage {
  const id = 'id' in message && message.id !== undefined ? keyOf(message.id) : undefined;
  return {
    text: JSON.stringify(message),
    sort: isRequest(message) ? 'request' : isResponse(message) ? 'response' : 'notification',
    id,
    relation: relation === undefined ? undefined : keyOf(relation),
    isHarmless: isHarmless(message),
    onsettled,
  };
}

/** Unacknowledged never means not executed, unless the server itself says how far it came. */
function mayRepeat(fate: Fate | undefined, isTrusted: boolean): boolean {
  return fate === 'unsent' || fate === 'untaken' || (isTrusted && fate !== undefined);
}

function cancellation(key: string): JsonRpcMessage {
  const requestId: unknown = JSON.parse(key);
  return {
    jsonrpc: '2.0',
    method: 'notifications/cancelled',
    params: { requestId, reason: 'the connection in which it was asked is over' },
  };
}
