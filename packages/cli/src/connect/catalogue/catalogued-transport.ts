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
import { CatalogueKeeper, type CatalogueStore } from './catalogue-keeper.ts';
import { Deputy } from './deputy.ts';
import { claimsOf } from './host-requests.ts';
import { HostView } from './host-view.ts';
import { type CatalogueTiming, limits } from './limits.ts';
import { ListCollector } from './list-collector.ts';
import { changedCapability, isListMethod } from './lists.ts';
import { Outlook } from './outlook.ts';
import { Refresh } from './refresh.ts';
import { Session } from './session.ts';
import { type Failure, failureOf } from './tool-failure.ts';
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
const AWAY: ReadonlySet<string> = new Set([
  'server_silent',
  'relays_unreachable',
  'not_allowed',
  'invite_required',
  'invite_expired',
  'grant_expired',
  'server_moved',
]);
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
  readonly #deputy: Deputy;
  readonly #refresh: Refresh;
  readonly #view = new HostView((message) => this.#deliver(message));
  readonly #collector = new ListCollector();
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
    this.#deputy = new Deputy({
      session: this.#session,
      keeper: this.#keeper,
      view: this.#view,
      outlook: this.#outlook,
      timing: this.#timing,
      onmessage: (message) => this.#deliver(message),
      onforward: (request) => this.#forward(request),
    });
    this.#refresh = new Refresh({
      session: this.#session,
      isPossible: () => this.#outlook.isLive && (this.#session.isModern || this.#view.isInitialized),
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
    this.#deputy.close();
    this.#way.close();
    this.#refresh.close();
    await Promise.all([this.#session.close(), this.#keeper.flush()]);
    this.onclose?.();
  }

  #request(request: JsonRpcRequest): void {
    const { method } = request;
    if (method === 'initialize' || method === 'server/discover') {
      this.#deputy.introduce(request);
      return this.#begin(request);
    }
    // A host of MCP 2026-07-28 may know the server from elsewhere; we have to find out by ourselves.
    if (this.#session.opening === undefined && claimedVersion(request) !== undefined)
      this.#begin({ ...request, method: 'server/discover', params: { _meta: claimsOf(request) } });
    if (isListening(request)) this.#view.listens(request);
    else if (!isHarmless(request) && this.#keeper.heardMs > this.#timing.doubtAfterMs) this.#way.doubt();
    if (this.#outlook.isLive) return this.#forward(request);
    this.#way.try();
    this.#deputy.take(request);
  }

  #begin(opening: JsonRpcRequest): void {
    this.#session.begin(opening);
    this.#way.begin();
  }

  #forward(request: JsonRpcRequest): void {
    const { method } = request;
    // A host that was told from a catalogue may ask for what the server does not have any more.
    const isGone = this.#deputy.hasIntroduced && isListMethod(method) && !this.#session.hasList(method);
    if (isGone) this.#deputy.give(request, method, []);
    else this.#session.forward(request);
  }

  #notification(message: JsonRpcNotification): void {
    const cancelled = cancelledId(message);
    if (cancelled !== undefined) {
      this.#view.ended(cancelled);
      if (this.#deputy.forget(cancelled)) return;
    }
    this.#session.tell(message);
    if (message.method !== 'notifications/initialized') return;
    this.#view.initialized();
    if (this.#outlook.isLive)
      this.#refresh.soon(this.#deputy.hasIntroduced ? 0 : this.#timing.refreshDelayMs);
  }

  /** The server's own word on what the host opened with. */
  #opened(opening: JsonRpcRequest, answer: Answer): void {
    this.#keeper.seen();
    this.#keeper.opened(opening, answer);
    this.#deputy.opened(opening, answer);
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
    const isSubscription = this.#view.isListen(request.id) && INTERRUPTED.has(failure.code);
    if (isSubscription) this.#deputy.hold(request);
    if (isSubscription || AWAY.has(failure.code)) this.#way.down(failure);
    if (!isSubscription) this.#deputy.failed(request, failure);
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

  #up(isSame: boolean): void {
    for (const request of this.#deputy.release()) this.#forward(request);
    if (isSame && !this.#isRenewed) return this.#refresh.resume();
    this.#log('the server answers');
    // It may be another one by now, or have changed while nobody listened.
    this.#refresh.stale();
    const isNews = this.#deputy.hasIntroduced || this.#isRenewed || this.#way.lostAt !== undefined;
    this.#isRenewed = false;
    this.#refresh.soon(isNews ? 0 : this.#timing.refreshDelayMs);
  }

  #down(failure: Failure): void {
    this.#log(`no answer: ${failure.message}${failure.isRefusal === true ? '' : '; trying on'}`);
    void this.#keeper.flush(); // it never rejects
    this.#deputy.hurry();
  }

  #relaysChanged(): void {
    const { relays } = this.#options;
    const isMore = relays.readyCount > this.#readyRelays;
    this.#readyRelays = relays.readyCount;
    if (relays.areDown) this.#deputy.hurry();
    else if (isMore && this.#way.isUp) this.#up(true);
    else if (isMore && this.#way.failure?.isRefusal !== true) this.#way.try();
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
