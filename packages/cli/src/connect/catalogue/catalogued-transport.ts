import {
  cancelledId,
  claimedVersion,
  isHarmless,
  isListening,
  isRequest,
  isResponse,
  type JsonRpcMessage,
  type JsonRpcNotification,
  type JsonRpcRequest,
} from '@mcp-nostr/core';

import type { Answer } from '../../answer.ts';
import type { ClientTransport, Log, OpenTransport } from '../../client-transport.ts';
import type { RelayBoard } from '../relay-board.ts';
import type { Fields } from './catalogue.ts';
import { CatalogueKeeper, type CatalogueStore } from './catalogue-keeper.ts';
import { HeldRequests } from './held-requests.ts';
import { claimsOf, isSetting } from './host-requests.ts';
import { HostView } from './host-view.ts';
import { Introduction } from './introduction.ts';
import { type CatalogueTiming, limits } from './limits.ts';
import { ListCollector } from './list-collector.ts';
import { changedCapability, cursorOf, isListMethod } from './lists.ts';
import { Outlook } from './outlook.ts';
import { Refresh } from './refresh.ts';
import { Session } from './session.ts';
import { listResult, standIn, withListChanged } from './stand-in.ts';
import { type Failure, failureFor, failureOf } from './tool-failure.ts';
import { Way } from './way.ts';

export interface CataloguedTransportOptions {
  /** A connection to the server. */
  open: OpenTransport;
  /** The relays of that connection. */
  relays: RelayBoard;
  store: CatalogueStore;
  /** The server's key, hex. */
  pubkey: string;
  /** The words of a command line that lead to the server as it was given: its address, and options. */
  words: string;
  onlog: Log;
  timing?: Partial<CatalogueTiming> | undefined;
}

/** After these the server is taken for away; other failures concern one request. */
const AWAY: ReadonlySet<string> = new Set(['server_silent', 'relays_unreachable', 'not_allowed']);
/** A subscription that ended so is begun again by ourselves. */
const INTERRUPTED: ReadonlySet<string> = new Set([...AWAY, 'outcome_unknown']);

/**
 * A server as its host has it all the time, whether it can be reached or not: while it cannot, what is known of it is
 * answered from its last known catalogue, and what only the server can do waits a little and then fails with words for
 * people. What the host asks leaves only while the server answers: what fails before was surely not executed.
 */
export class CataloguedTransport implements ClientTransport {
  onmessage: ClientTransport['onmessage'];
  onclose: ClientTransport['onclose'];
  onerror: ClientTransport['onerror'];
  readonly #options: CataloguedTransportOptions;
  readonly #timing: CatalogueTiming;
  readonly #keeper: CatalogueKeeper;
  readonly #session: Session;
  readonly #way: Way;
  readonly #outlook: Outlook;
  readonly #refresh: Refresh;
  readonly #held = new HeldRequests((request) => this.#impatient(request));
  readonly #view = new HostView((message) => this.#deliver(message));
  readonly #collector = new ListCollector();
  #introduction: Introduction | undefined;
  #readyRelays = 0;
  #logged = '';
  /** The connection was begun again since the server was heard last. */
  #isRenewed = false;
  #isClosed = false;

  constructor(options: CataloguedTransportOptions) {
    this.#options = options;
    this.#timing = { ...limits, ...options.timing };
    this.#keeper = new CatalogueKeeper(options.store, this.#timing.saveDelayMs);
    this.#session = new Session({
      open: options.open,
      onanswer: (request, answer) => this.#answered(request, answer),
      onmessage: (message, extra) => this.#fromServer(message, extra),
      onerror: (error) => this.#onerror(error),
      onopened: (opening, answer) => this.#opened(opening, answer),
      onlost: () => this.#way.down({ code: 'outcome_unknown', message: 'the server ended the connection' }),
    });
    this.#way = new Way({
      attempt: () => this.#session.attempt(),
      onup: (isSame) => this.#up(isSame),
      ondown: (failure) => this.#down(failure),
      timing: this.#timing,
    });
    this.#outlook = new Outlook({ ...options, timing: this.#timing, way: this.#way, keeper: this.#keeper });
    this.#refresh = new Refresh({
      session: this.#session,
      isPossible: () => this.#outlook.isLive && (this.#isModern || this.#view.isInitialized),
      params: () => {
        const { opening } = this.#session;
        return this.#isModern && opening !== undefined ? { _meta: claimsOf(opening) } : undefined;
      },
      onlists: (found) => {
        this.#keeper.lists(found);
        const changed = this.#view.compare(found);
        if (changed.length > 0)
          options.onlog(`the server has other ${changed.join(' and ')} now; the host is told`);
      },
      onerror: (answer) => {
        const failure = failureOf(answer);
        if (failure !== undefined && AWAY.has(failure.code)) this.#way.down(failure);
      },
    });
  }

  /** Never waits for the network. */
  async start(): Promise<void> {
    await this.#keeper.load();
    this.#options.relays.onchange = () => this.#relaysChanged();
  }

  async send(message: JsonRpcMessage): Promise<void> {
    if (this.#isClosed) return;
    if (isRequest(message)) this.#request(message);
    else if (isResponse(message)) this.#session.tell(message);
    else this.#notification(message);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#options.relays.onchange = undefined;
    this.#introduction?.close();
    this.#way.close();
    this.#refresh.close();
    this.#held.clear();
    await Promise.all([this.#session.close(), this.#keeper.flush()]);
    this.onclose?.();
  }

  get #isModern(): boolean {
    return this.#session.opening?.method === 'server/discover';
  }

  #request(request: JsonRpcRequest): void {
    const { method } = request;
    if (method === 'initialize' || method === 'server/discover') return this.#introduce(request);
    // A host of MCP 2026-07-28 may know the server from elsewhere; we have to find out by ourselves.
    if (this.#session.opening === undefined && claimedVersion(request) !== undefined)
      this.#begin({ ...request, method: 'server/discover', params: { _meta: claimsOf(request) } });
    if (isListening(request)) this.#view.listens(request);
    else if (!isHarmless(request) && this.#keeper.heardMs > this.#timing.doubtAfterMs) this.#way.doubt();
    if (this.#outlook.isLive) return this.#forward(request);
    this.#way.try();
    this.#standInFor(request);
  }

  #forward(request: JsonRpcRequest): void {
    const { method } = request;
    // A host that was told from a catalogue may ask for what the server does not have any more.
    const isGone =
      this.#introduction?.isStandIn === true && isListMethod(method) && !this.#session.hasList(method);
    if (isGone) this.#give(request, []);
    else this.#session.forward(request);
  }

  /** The server cannot be asked now. */
  #standInFor(request: JsonRpcRequest): void {
    const { id, method } = request;
    if (method === 'ping') return this.#deliver({ jsonrpc: '2.0', id, result: {} });
    if (this.#session.opening === undefined) {
      const error = { code: -32_600, message: 'Invalid Request: begin with initialize' };
      return this.#deliver({ jsonrpc: '2.0', id, error });
    }
    // Part of what the session is: the server hears of it when the session is taken up.
    if (!this.#isModern && isSetting(method)) {
      const answer = { jsonrpc: '2.0' as const, id, result: {} };
      this.#session.answered(request, answer);
      return this.#deliver(answer);
    }
    if (isListMethod(method) && cursorOf(request) === undefined) {
      const known = this.#keeper.catalogue.lists[method];
      if (known !== undefined) return this.#give(request, known);
    }
    if (isListening(request)) this.#view.acknowledge(id);
    if (this.#held.count >= limits.maxHeld)
      return this.#fail(request, { code: 'busy', message: 'too many requests wait for the server' });
    this.#held.add(request, this.#outlook.patienceFor(request));
  }

  /** The time of a request that waited is over. */
  #impatient(request: JsonRpcRequest): void {
    // Nothing says that it is away: it may be one that answers nothing else, a ping neither, while it works.
    if (this.#way.isDoubted && !this.#options.relays.areDown) return this.#forward(request);
    if (isListMethod(request.method) && cursorOf(request) === undefined) return this.#give(request, []);
    this.#fail(request, this.#outlook.failure);
  }

  /** A list in the server's stead. */
  #give(request: JsonRpcRequest, items: readonly Fields[]): void {
    const { id, method } = request;
    if (!isListMethod(method)) return;
    this.#view.told(method, items);
    this.#deliver({ jsonrpc: '2.0', id, result: listResult(request, method, items) });
  }

  #fail(request: JsonRpcRequest, failure: Failure): void {
    this.#deliver(failureFor(request, failure, this.#outlook.explain(failure)));
  }

  #introduce(request: JsonRpcRequest): void {
    this.#introduction?.standIn();
    const { initialize, discovery } = this.#keeper.catalogue;
    const known = request.method === 'initialize' ? initialize : discovery;
    this.#introduction = new Introduction(request, {
      waitMs: known === undefined ? this.#timing.firstAnswerMs : this.#timing.liveAnswerMs,
      standIn: () => standIn(request, this.#keeper.catalogue, this.#outlook.introduction),
      onanswer: (answer) => this.#deliver(answer),
    });
    this.#begin(request);
  }

  #begin(opening: JsonRpcRequest): void {
    this.#session.begin(opening);
    this.#way.begin();
  }

  /** The server's own word on what the host opened with. */
  #opened(opening: JsonRpcRequest, answer: Answer): void {
    this.#keeper.seen();
    this.#keeper.opened(opening, answer);
    const introduction = this.#introduction;
    if (introduction?.request !== opening) return;
    introduction.answer('result' in answer ? { ...answer, result: withListChanged(answer.result) } : answer);
  }

  #up(isSame: boolean): void {
    for (const request of this.#held.takeAll()) this.#forward(request);
    if (isSame && !this.#isRenewed) return this.#refresh.resume();
    this.#log('the server answers');
    // It may be another one by now, or have changed while nobody listened.
    this.#refresh.stale();
    const isNews =
      this.#introduction?.isStandIn === true || this.#isRenewed || this.#way.lostAt !== undefined;
    this.#isRenewed = false;
    this.#refresh.soon(isNews ? 0 : this.#timing.refreshDelayMs);
  }

  #down(failure: Failure): void {
    this.#log(`no answer: ${failure.message}; trying on`);
    void this.#keeper.flush(); // it never rejects
    this.#knownDown();
  }

  #relaysChanged(): void {
    const { relays } = this.#options;
    const isMore = relays.readyCount > this.#readyRelays;
    this.#readyRelays = relays.readyCount;
    if (relays.areDown) this.#knownDown();
    else if (isMore && this.#way.isUp) this.#up(true);
    else if (isMore) this.#way.try();
  }

  /** Nobody has to wait for what will not come. */
  #knownDown(): void {
    this.#introduction?.standIn();
    this.#held.shorten((request) => this.#outlook.patienceFor(request));
  }

  /** A request that was sent has its answer. */
  #answered(request: JsonRpcRequest, answer: Answer): void {
    const failure = failureOf(answer);
    if (failure !== undefined) return this.#failed(request, failure);
    this.#keeper.seen();
    // A server ends its subscriptions when it shuts down; for the host it has only been away.
    if (this.#view.isListen(request.id) && 'result' in answer)
      return this.#failed(request, { code: 'outcome_unknown', message: 'the server ended the subscription' });
    this.#view.ended(request.id);
    if ('result' in answer) {
      this.#session.answered(request, answer);
      const list = this.#collector.take(request, answer.result);
      if (list !== undefined) {
        this.#view.told(list.method, list.items);
        this.#refresh.seen(list.method);
        this.#keeper.lists(new Map([[list.method, list.items]]));
      }
    }
    this.#deliver(answer);
  }

  /** The way failed a request that was sent. */
  #failed(request: JsonRpcRequest, failure: Failure): void {
    const { id, method } = request;
    const isSubscription = this.#view.isListen(id) && INTERRUPTED.has(failure.code);
    if (isSubscription) this.#held.add(request, Infinity);
    if (isSubscription || AWAY.has(failure.code)) this.#way.down(failure);
    if (isSubscription) return;
    if (method === 'ping') return this.#deliver({ jsonrpc: '2.0', id, result: {} });
    const known =
      isListMethod(method) && cursorOf(request) === undefined
        ? this.#keeper.catalogue.lists[method]
        : undefined;
    if (known !== undefined) this.#give(request, known);
    else this.#fail(request, failure);
  }

  #fromServer(message: JsonRpcMessage, extra: MessageExtra): void {
    this.#keeper.seen();
    if ('method' in message && !isRequest(message)) {
      const capability = changedCapability(message.method);
      if (capability !== undefined) {
        this.#refresh.stale(capability);
        this.#refresh.soon(this.#timing.refreshDelayMs);
      }
      if (!this.#view.takes(message)) return;
    }
    this.onmessage?.(message, extra);
  }

  #notification(message: JsonRpcNotification): void {
    const cancelled = cancelledId(message);
    if (cancelled !== undefined) {
      this.#view.ended(cancelled);
      if (this.#held.remove(cancelled)) return;
    }
    this.#session.tell(message);
    if (message.method !== 'notifications/initialized') return;
    this.#view.initialized();
    if (this.#outlook.isLive)
      this.#refresh.soon(this.#introduction?.isStandIn === true ? 0 : this.#timing.refreshDelayMs);
  }

  /** The connection broke off, and was begun again below us: perhaps with another server behind it. */
  #onerror(error: Error): void {
    this.onerror?.(error);
    if (!('code' in error) || error.code !== 'outcome_unknown') return;
    this.#isRenewed = !this.#way.isUp;
    this.#refresh.stale();
    this.#refresh.soon(0);
  }

  #log(line: string): void {
    if (line !== this.#logged) this.#options.onlog(line);
    this.#logged = line;
  }

  #deliver(message: JsonRpcMessage): void {
    if (!this.#isClosed) this.onmessage?.(message);
  }
}

type MessageExtra = Parameters<NonNullable<ClientTransport['onmessage']>>[1];
