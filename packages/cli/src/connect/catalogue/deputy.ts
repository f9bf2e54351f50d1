import { isListening, type JsonRpcMessage, type JsonRpcRequest, type RequestId } from '@mcp-nostr/core';

import type { Answer } from '../../answer.ts';
import type { Fields } from './catalogue.ts';
import type { CatalogueKeeper } from './catalogue-keeper.ts';
import { HeldRequests } from './held-requests.ts';
import { isSetting } from './host-requests.ts';
import type { HostView } from './host-view.ts';
import { Introduction } from './introduction.ts';
import { type CatalogueTiming, limits } from './limits.ts';
import { firstPageOf, type ListMethod } from './lists.ts';
import type { Outlook } from './outlook.ts';
import type { Session } from './session.ts';
import { listResult, standIn, withListChanged } from './stand-in.ts';
import { type Failure, failureFor } from './tool-failure.ts';

export interface DeputyOptions {
  session: Session;
  keeper: CatalogueKeeper;
  view: HostView;
  outlook: Outlook;
  timing: CatalogueTiming;
  /** For the host. */
  onmessage: (message: JsonRpcMessage) => void;
  /** A request that has waited, and is to be sent all the same. */
  onforward: (request: JsonRpcRequest) => void;
}

/**
 * Speaks to the host in the server's stead: introduces a server that is late, answers what is known of one that cannot
 * be asked, and holds everything else until it can be, or until it is time to say why there is no answer.
 */
export class Deputy {
  readonly #options: DeputyOptions;
  readonly #held = new HeldRequests((request) => this.#impatient(request));
  #introduction: Introduction | undefined;

  constructor(options: DeputyOptions) {
    this.#options = options;
  }

  /** The host was not told by the server itself what it is. */
  get hasIntroduced(): boolean {
    return this.#introduction?.isStandIn === true;
  }

  /** The host opens: the server's own answer is waited for a little. */
  introduce(opening: JsonRpcRequest): void {
    const { keeper, outlook, timing, onmessage } = this.#options;
    this.#introduction?.standIn();
    const { initialize, discovery } = keeper.catalogue;
    const known = opening.method === 'initialize' ? initialize : discovery;
    this.#introduction = new Introduction(opening, {
      waitMs: known === undefined ? timing.firstAnswerMs : timing.liveAnswerMs,
      standIn: () => standIn(opening, keeper.catalogue, outlook.introduction),
      onanswer: onmessage,
    });
  }

  /** The server's own word on what the host opened with. */
  opened(opening: JsonRpcRequest, answer: Answer): void {
    const introduction = this.#introduction;
    if (introduction?.request !== opening) return;
    introduction.answer('result' in answer ? { ...answer, result: withListChanged(answer.result) } : answer);
  }

  /** A request that cannot be sent now. */
  take(request: JsonRpcRequest): void {
    const { session, view, onmessage } = this.#options;
    const { id, method } = request;
    if (session.opening === undefined && method !== 'ping') {
      const error = { code: -32_600, message: 'Invalid Request: begin with initialize' };
      return onmessage({ jsonrpc: '2.0', id, error });
    }
    // Part of what the session is: the server hears of it when the session is taken up.
    if (!session.isModern && isSetting(method)) {
      const answer = { jsonrpc: '2.0' as const, id, result: {} };
      session.answered(request, answer);
      return onmessage(answer);
    }
    if (this.#answerKnown(request)) return;
    if (isListening(request)) view.acknowledge(id);
    if (this.#held.count >= limits.maxHeld)
      return this.#fail(request, { code: 'busy', message: 'too many requests wait for the server' });
    this.hold(request);
  }

  /** Until the server can be asked, or for as long as is worth while. */
  hold(request: JsonRpcRequest): void {
    this.#held.add(request, this.#options.outlook.patienceFor(request));
  }

  /** The host waits no more for a request; whether it was held. */
  forget(id: RequestId): boolean {
    return this.#held.remove(id);
  }

  /** The server can be asked: what was held is no longer ours. */
  release(): JsonRpcRequest[] {
    return this.#held.takeAll();
  }

  /** It is known that the server is away: nobody has to wait for what will not come. */
  hurry(): void {
    this.#introduction?.standIn();
    this.#held.shorten((request) => this.#options.outlook.patienceFor(request));
  }

  /** The way failed a request that was sent. */
  failed(request: JsonRpcRequest, failure: Failure): void {
    if (!this.#answerKnown(request)) this.#fail(request, failure);
  }

  /** A list in the server's stead. */
  give(request: JsonRpcRequest, method: ListMethod, items: readonly Fields[]): void {
    const { view, onmessage } = this.#options;
    view.told(method, items);
    onmessage({ jsonrpc: '2.0', id: request.id, result: listResult(request, method, items) });
  }

  close(): void {
    this.#introduction?.close();
    this.#held.clear();
  }

  /** Whether it could be answered. */
  #answerKnown(request: JsonRpcRequest): boolean {
    const { keeper, onmessage } = this.#options;
    const list = firstPageOf(request);
    const items = list === undefined ? undefined : keeper.catalogue.lists[list];
    if (list !== undefined && items !== undefined) this.give(request, list, items);
    else if (request.method === 'ping') onmessage({ jsonrpc: '2.0', id: request.id, result: {} });
    else return false;
    return true;
  }

  /** The time of a request that was held is over. */
  #impatient(request: JsonRpcRequest): void {
    const { outlook, onforward } = this.#options;
    // Nothing says that it is away: it may be one that answers nothing else, a ping neither, while it works.
    if (outlook.isDoubted) return onforward(request);
    const list = firstPageOf(request);
    if (list !== undefined) this.give(request, list, []);
    else this.#fail(request, outlook.failure);
  }

  #fail(request: JsonRpcRequest, failure: Failure): void {
    const { outlook, onmessage } = this.#options;
    onmessage(failureFor(request, failure, outlook.explain(failure)));
  }
}
