import {
  isRequest,
  type JsonRpcMessage,
  type JsonRpcRequest,
  type JsonRpcResultResponse,
  SessionReplay,
} from '@mcp-nostr/core';
import type { Expectation, Link, OutgoingMessage } from '@mcp-nostr/transport';

import { keyOf, toOutgoing } from './outgoing.ts';

/** Takes a session up again on a new connection, while what the application sends waits. */
export class Resumption {
  readonly #replay = new SessionReplay();
  readonly #newId: () => string;
  readonly #onerror: (error: Error) => void;
  /** Our own requests that are not answered. */
  readonly #asked: Map<string, 'opening' | 'rest'> = new Map();
  /** What we have said by ourselves; the next connection says it anew. */
  readonly #own: Set<OutgoingMessage> = new Set();
  #held: OutgoingMessage[] | undefined;

  constructor(newId: () => string, onerror: (error: Error) => void) {
    this.#newId = newId;
    this.#onerror = onerror;
  }

  /** The session waits for the server's word. */
  get isUnderWay(): boolean {
    return this.#held !== undefined;
  }

  /** Characters that wait for it. */
  get heldBytes(): number {
    return (this.#held ?? []).reduce((bytes, { text }) => bytes + text.length, 0);
  }

  /** News may come although nothing was asked. */
  get hasSubscriptions(): boolean {
    return this.#replay.hasSubscriptions;
  }

  /** What is waited for beside what the application waits for. */
  expects(byApplication: Expectation): Expectation {
    if (this.#asked.size > 0) return 'answers';
    return this.hasSubscriptions && byApplication === 'nothing' ? 'news' : byApplication;
  }

  /** A request of the application that the server has answered with a result. */
  answered(request: JsonRpcRequest, response: JsonRpcResultResponse): void {
    this.#replay.answered(request, response);
  }

  /** A notification of the application. */
  notified(message: JsonRpcMessage): void {
    this.#replay.notified(message);
  }

  /** On a connection that was not used yet. */
  begin(link: Link): void {
    const opening = this.#replay.opening(this.#newId());
    if (opening === undefined) return;
    this.#held = [];
    this.#say(opening, 'opening', link);
  }

  /** Whether a message has to wait. */
  hold(message: OutgoingMessage): boolean {
    this.#held?.push(message);
    return this.#held !== undefined;
  }

  /** Takes back what waits. */
  withdraw(matches: (message: OutgoingMessage) => boolean): OutgoingMessage[] {
    const withdrawn = (this.#held ?? []).filter(matches);
    this.#held = this.#held?.filter((message) => !matches(message));
    return withdrawn;
  }

  /** Whether an answer is to one of ours; if so, why the session cannot be continued, if it cannot. */
  take(key: string, message: JsonRpcMessage, link: Link): { objection: string | undefined } | undefined {
    const step = this.#asked.get(key);
    if (step === undefined) return undefined;
    this.#asked.delete(key);
    if (step === 'rest') {
      // A resource may be gone by now; the session is not.
      if ('error' in message) this.#onerror(new Error(`not taken up again: ${message.error.message}`));
      return { objection: undefined };
    }
    const objection = this.#replay.objection(message);
    if (objection === undefined) this.#finish(link);
    return { objection };
  }

  /** The connection is over: gives back what waited. */
  interrupt(): OutgoingMessage[] {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#asked.clear();
    this.#own.clear();
    return held;
  }

  isOwn(message: OutgoingMessage): boolean {
    return this.#own.has(message);
  }

  #finish(link: Link): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const each of this.#replay.rest(this.#newId)) this.#say(each, 'rest', link);
    for (const each of held) link.send(each);
  }

  #say(message: JsonRpcMessage, step: 'opening' | 'rest', link: Link): void {
    if (isRequest(message)) this.#asked.set(keyOf(message.id), step);
    const outgoing = { ...toOutgoing(message), mustArrive: true };
    this.#own.add(outgoing);
    link.send(outgoing);
  }
}
