import {
  cancelledId,
  isRequest,
  isResponse,
  type JsonRpcMessage,
  type JsonRpcRequest,
  type RequestId,
} from '@mcp-nostr/core';

import type { Answer } from '../answer.ts';
import type { ClientTransport, OpenTransport } from '../client-transport.ts';
import { claimsOf } from '../connect/catalogue/host-requests.ts';
import { itemsOf } from '../connect/catalogue/list-collector.ts';
import { ownId } from '../connect/catalogue/own-id.ts';
import { failureOf } from '../connect/catalogue/tool-failure.ts';
import { errorText, failureAnswer } from '../failure-answer.ts';
import type { Fields } from './definition.ts';
import { limits } from './limits.ts';
import { Observer, type ObserverOptions } from './observer.ts';
import { type Refusal, refusalOf } from './refusal.ts';
import { ToolView } from './tool-view.ts';

export interface PinnedTransportOptions extends ObserverOptions {
  open: OpenTransport;
  /** How a call that is refused is answered: for hosts as a result of the tool. */
  refusal: Refusal;
  /** With `block`: tools that nobody has accepted are not in lists. */
  hidesUnseen: boolean;
}

type MessageExtra = Parameters<NonNullable<ClientTransport['onmessage']>>[1];

const WATCHED: ReadonlySet<string> = new Set(['initialize', 'server/discover', 'tools/list']);

/**
 * A server of which it is known what it has shown before. It stands next to the connection, below whatever answers
 * from memory, so that it sees what the server really says. With `warn` everything passes, and what has changed is
 * said; with `block` the other side sees what is pinned, and a call to anything else is refused.
 */
export class PinnedTransport implements ClientTransport {
  onmessage: ClientTransport['onmessage'];
  onclose: ClientTransport['onclose'];
  onerror: ClientTransport['onerror'];
  readonly #options: PinnedTransportOptions;
  readonly #inner: ClientTransport;
  /** Requests whose answers are looked at. */
  readonly #watched: Map<RequestId, JsonRpcRequest> = new Map();
  /** Requests of our own. */
  readonly #own: Map<RequestId, (answer: Answer) => void> = new Map();
  /** Calls that wait until it is known what the server shows. */
  readonly #held: Set<RequestId> = new Set();
  #observer: Observer | undefined;
  #view: ToolView | undefined;
  #listing: Promise<Answer | undefined> | undefined;

  constructor(options: PinnedTransportOptions) {
    this.#options = options;
    this.#inner = options.open();
    this.#inner.onmessage = (message, extra) => this.#receive(message, extra);
    this.#inner.onerror = (error) => {
      // It was begun anew below us: perhaps with another program behind the key.
      if ('code' in error && error.code === 'outcome_unknown') this.#view?.forget();
      this.onerror?.(error);
    };
    this.#inner.onclose = () => {
      void options.file.flush(); // it never rejects
      this.onclose?.();
    };
  }

  /** @throws {CliError} `pin_mismatch` with `block`, when the pins cannot be read */
  async start(): Promise<void> {
    const { file, mode, hidesUnseen, onnews } = this.#options;
    try {
      this.#observer = new Observer(this.#options);
      this.#view = new ToolView(file, mode === 'block', hidesUnseen);
    } catch (error) {
      if (mode === 'block') throw error;
      onnews('warn', `nothing is held against what the server shows: ${errorText(error)}`);
    }
    await this.#inner.start();
  }

  async send(message: JsonRpcMessage): Promise<void> {
    if (isRequest(message)) {
      if (WATCHED.has(message.method)) this.#watched.set(message.id, message);
      if (message.method === 'tools/call' && this.#options.mode === 'block') return this.#call(message);
    }
    const cancelled = cancelledId(message);
    if (cancelled !== undefined) {
      this.#watched.delete(cancelled);
      if (this.#held.delete(cancelled)) return;
    }
    return this.#inner.send(message);
  }

  async close(): Promise<void> {
    this.#held.clear();
    this.#own.clear();
    await Promise.all([this.#inner.close(), this.#options.file.flush(), this.#observer?.said]);
  }

  /** Passes a call when it is known that the tool is as it was pinned. */
  async #call(request: JsonRpcRequest): Promise<void> {
    const view = this.#view;
    if (view === undefined) throw new Error('the transport is not started');
    if (view.takeNews()) this.onmessage?.({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
    if (!view.isKnown) {
      this.#held.add(request.id);
      this.#listing ??= this.#list(request);
      const failed = await this.#listing;
      // It was cancelled meanwhile.
      if (!this.#held.delete(request.id)) return;
      if (failed !== undefined) return this.#deliver({ ...failed, id: request.id });
    }
    const name = request.params?.['name'];
    const reason = view.objection(typeof name === 'string' ? name : '');
    if (reason === undefined) return this.#inner.send(request);
    const { address, refusal } = this.#options;
    this.#deliver(refusalOf(refusal, request, reason, address));
  }

  /** Asks for all pages on behalf of a call; what they say is seen as they pass. Returns why the call may not pass. */
  async #list(call: JsonRpcRequest): Promise<Answer | undefined> {
    const claims = claimsOf(call);
    const own = Object.keys(claims).length === 0 ? {} : { _meta: claims };
    try {
      let cursor: unknown;
      for (let page = 0; page < limits.maxPages; page++) {
        const answer = await this.#ask('tools/list', cursor === undefined ? own : { ...own, cursor });
        if (failureOf(answer) !== undefined) return answer;
        // A server without lists shows nothing, and nothing of it is pinned.
        if ('error' in answer) this.#view?.know();
        cursor = 'result' in answer ? answer.result['nextCursor'] : undefined;
        if (typeof cursor !== 'string' || this.#view?.isKnown !== false) return undefined;
      }
      const { refusal, address } = this.#options;
      return refusalOf(refusal, call, 'the list of tools that the server shows does not end', address);
    } finally {
      this.#listing = undefined;
    }
  }

  /** Never rejects. */
  #ask(method: string, params: Fields): Promise<Answer> {
    const request: JsonRpcRequest = { jsonrpc: '2.0', id: ownId(), method, params };
    return new Promise((resolve) => {
      this.#own.set(request.id, resolve);
      this.#watched.set(request.id, request);
      this.#inner.send(request).catch((error: unknown) => {
        this.#own.delete(request.id);
        resolve(failureAnswer(request.id, error));
      });
    });
  }

  #receive(message: JsonRpcMessage, extra: MessageExtra): void {
    if ('method' in message && message.method === 'notifications/tools/list_changed') this.#view?.forget();
    if (!isResponse(message) || message.id === undefined) return this.onmessage?.(message, extra);
    const request = this.#watched.get(message.id);
    this.#watched.delete(message.id);
    const seen = request === undefined ? message : this.#see(request, message);
    const resolve = this.#own.get(message.id);
    if (resolve === undefined) return this.onmessage?.(seen, extra);
    this.#own.delete(message.id);
    resolve(seen);
  }

  /** The server's answer, as the other side may see it. */
  #see(request: JsonRpcRequest, answer: Answer): Answer {
    const [observer, view] = [this.#observer, this.#view];
    if ('error' in answer || observer === undefined || view === undefined) return answer;
    const { result } = answer;
    const cursor = request.params?.['cursor'];
    try {
      if (request.method !== 'tools/list') {
        observer.instructions(result['instructions']);
        return { ...answer, result: view.introduction(result) };
      }
      const tools = itemsOf('tools/list', result);
      if (tools === undefined) return answer;
      observer.tools(tools);
      const shown = view.page(tools, cursor === undefined);
      if (typeof result['nextCursor'] !== 'string') {
        view.know();
        observer.listed();
      }
      return { ...answer, result: { ...result, tools: shown } };
    } catch (error) {
      // The file was there when this connection began.
      if (this.#options.mode === 'warn') return answer;
      return failureAnswer(request.id, error);
    }
  }

  #deliver(answer: Answer): void {
    queueMicrotask(() => this.onmessage?.(answer));
  }
}
