import {
  cancelledId,
  claimedVersion,
  failureResponse,
  isRecord,
  isRequest,
  isResponse,
  type JsonRpcMessage,
  type JsonRpcNotification,
  type JsonRpcRequest,
  type RequestId,
} from '@mcp-nostr/core';

import type { Answer } from '../../answer.ts';
import type { ClientTransport, Log, OpenTransport } from '../../client-transport.ts';
import { changedCapability, isListMethod, type ListMethod, lists } from '../catalogue/lists.ts';
import { Asked } from './asked.ts';
import { withShownUri } from './contents.ts';
import { inTime } from './in-time.ts';
import { limits } from './limits.ts';
import { Member } from './member.ts';
import { mergedInitialize, type Part } from './merge.ts';
import { splitName, splitUri } from './names.ts';
import { errorCodes, methodNotFound, notFound, refusal, unsupportedVersion } from './refusals.ts';

export interface JoinedOptions {
  upstreams: readonly { prefix: string; open: OpenTransport }[];
  onlog: Log;
  /** How long a server is waited for. @default 2500 */
  waitMs?: number;
}

/**
 * Several servers as one, for MCP 2025-11-25 and earlier: lists are put together, names and URIs have the prefix of
 * their server, and everything else goes to and comes from the server that it belongs to. One that is down takes
 * nothing from the others.
 */
export class JoinedTransport implements ClientTransport {
  onmessage: ClientTransport['onmessage'];
  onclose: (() => void) | undefined;
  onerror: ((error: Error) => void) | undefined;
  readonly #members: readonly Member[];
  readonly #waitMs: number;
  readonly #asked = new Asked();
  /** Requests of the host that are not answered. */
  readonly #waiting: Set<RequestId> = new Set();
  /** The host takes notifications. */
  #isInitialized = false;
  #isClosed = false;

  constructor({ upstreams, onlog, waitMs = limits.waitMs }: JoinedOptions) {
    this.#waitMs = waitMs;
    this.#members = upstreams.map(({ prefix, open }) => {
      const member: Member = new Member({
        prefix,
        open,
        onlog,
        waitMs,
        onmessage: (message, hostId) => this.#fromServer(member, message, hostId),
        onready: () => this.#changed(member),
        onlost: () => this.#lost(member),
        onchanged: (method) => this.#notify(`notifications/${lists[method].capability}/list_changed`),
      });
      return member;
    });
  }

  /** Connections are opened by `initialize`. */
  async start(): Promise<void> {}

  async send(message: JsonRpcMessage): Promise<void> {
    if (this.#isClosed) return;
    if (isRequest(message)) void this.#serve(message); // it never rejects
    else if (isResponse(message)) this.#asked.answer(message);
    else this.#tell(message);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#waiting.clear();
    await Promise.allSettled(this.#members.map((member) => member.session.close()));
    this.onclose?.();
  }

  async #serve(request: JsonRpcRequest): Promise<void> {
    const { id } = request;
    this.#waiting.add(id);
    const answer = await this.#answer(request).catch((error: unknown) =>
      refusal(id, errorCodes.internalError, `Internal error: ${String(error)}`),
    );
    if (answer !== undefined && this.#waiting.delete(id)) this.#toHost({ ...answer, id });
  }

  async #answer(request: JsonRpcRequest): Promise<Answer | undefined> {
    const { id, method } = request;
    // Dual-era clients take it for an old server's answer and go on with `initialize`.
    if (method === 'server/discover') return methodNotFound(request);
    if (claimedVersion(request) !== undefined) return unsupportedVersion(request);
    if (method === 'ping') return { jsonrpc: '2.0', id, result: {} };
    if (method === 'initialize') return this.#initialize(request);
    if (isListMethod(method)) return this.#list(id, method);
    if (method === 'tools/call' || method === 'prompts/get') return this.#named(request);
    if (method === 'completion/complete') return this.#complete(request);
    if (method === 'logging/setLevel') return this.#askAll(request);
    if (/^resources\/(read|subscribe|unsubscribe)$/.test(method)) return this.#byUri(request);
    return methodNotFound(request);
  }

  async #initialize(request: JsonRpcRequest): Promise<Answer> {
    const parts = await Promise.all(
      this.#members.map(async ({ prefix, session }) => ({
        prefix,
        answer: await inTime(this.#waitMs, session.initialize(request)),
      })),
    );
    const errors = parts.flatMap(({ answer }) => (answer !== undefined && 'error' in answer ? [answer] : []));
    if (errors.length === parts.length && errors[0] !== undefined) return errors[0];
    const merged = parts.map(({ prefix, answer }): Part => ({
      prefix,
      result: answer !== undefined && 'result' in answer ? answer.result : undefined,
      problem: answer !== undefined && 'error' in answer ? answer.error.message : undefined,
    }));
    return { jsonrpc: '2.0', id: request.id, result: mergedInitialize(request, merged) };
  }

  async #list(id: RequestId, method: ListMethod): Promise<Answer> {
    const key = lists[method].member;
    const parts = await Promise.all(this.#members.map((member) => member.list(method)));
    const errors = parts.filter((part) => 'error' in part);
    if (errors.length === parts.length && errors[0] !== undefined) return errors[0];
    const items = parts.flatMap((part) => ('error' in part ? [] : part));
    return { jsonrpc: '2.0', id, result: { [key]: items } };
  }

  async #named(request: JsonRpcRequest): Promise<Answer | undefined> {
    const { id, method, params } = request;
    const name = params?.['name'];
    const kind = method === 'tools/call' ? 'tools/list' : 'prompts/list';
    const named = typeof name === 'string' ? splitName(name) : undefined;
    const member = this.#member(named?.prefix);
    if (typeof name !== 'string' || member === undefined || named === undefined)
      return notFound(id, method === 'tools/call' ? 'Tool' : 'Prompt', name);
    const own = await member.ownName(kind, name, named.own);
    // It may have been cancelled while the name was looked up.
    if (!this.#waiting.has(id)) return undefined;
    return member.ask(method, { ...params, name: own }, id);
  }

  async #byUri({ id, method, params }: JsonRpcRequest): Promise<Answer | undefined> {
    const uri = params?.['uri'];
    const named = typeof uri === 'string' ? splitUri(uri) : undefined;
    const member = this.#member(named?.prefix);
    if (member === undefined || named === undefined) return notFound(id, 'Resource', uri);
    return member.ask(method, { ...params, uri: named.own }, id);
  }

  async #complete({ id, method, params }: JsonRpcRequest): Promise<Answer | undefined> {
    const ref = isRecord(params?.['ref']) ? params['ref'] : {};
    const { name, uri } = ref;
    const named = typeof uri === 'string' ? splitUri(uri) : splitName(typeof name === 'string' ? name : '');
    const member = this.#member(named?.prefix);
    if (member === undefined || named === undefined)
      return typeof uri === 'string' ? notFound(id, 'Resource template', uri) : notFound(id, 'Prompt', name);
    const own =
      typeof uri === 'string'
        ? { uri: named.own }
        : { name: await member.ownName('prompts/list', String(name), named.own) };
    if (!this.#waiting.has(id)) return undefined;
    return member.ask(method, { ...params, ref: { ...ref, ...own } }, id);
  }

  /** Those that log; well if one has taken it. */
  async #askAll({ id, method, params }: JsonRpcRequest): Promise<Answer | undefined> {
    const members = this.#members.filter((member) => member.can('logging'));
    const answers = await Promise.all(
      members.map((member) => inTime(this.#waitMs, member.ask(method, params, id))),
    );
    const known = answers.filter((answer) => answer !== undefined);
    return known.find((answer) => 'result' in answer) ?? known[0] ?? { jsonrpc: '2.0', id, result: {} };
  }

  /** A notification of the host. */
  #tell(message: JsonRpcNotification): void {
    const cancelled = cancelledId(message);
    if (cancelled !== undefined) {
      this.#waiting.delete(cancelled);
      for (const { session } of this.#members) session.cancel(cancelled, message.params);
      return;
    }
    if (message.method === 'notifications/progress') return this.#asked.progress(message);
    if (message.method === 'notifications/initialized') this.#isInitialized = true;
    for (const { session } of this.#members) session.tell(message);
  }

  /** A request or notification of a server. */
  #fromServer(
    member: Member,
    message: JsonRpcRequest | JsonRpcNotification,
    hostId: RequestId | undefined,
  ): void {
    const { prefix, session } = member;
    const extra = hostId === undefined ? undefined : { relatedRequestId: hostId };
    if (isRequest(message)) {
      const request = this.#asked.add(session, message);
      if (request !== undefined) return this.#toHost(request, extra);
      return session.tell(failureResponse(message.id, 'busy', 'the host has too many requests to answer'));
    }
    const cancelled = cancelledId(message);
    if (cancelled !== undefined) {
      const requestId = this.#asked.cancelled(session, cancelled);
      if (requestId !== undefined) this.#toHost({ ...message, params: { ...message.params, requestId } });
      return;
    }
    const { method, params } = message;
    if (method === 'notifications/resources/updated') {
      const shown = withShownUri(prefix, params);
      return this.#toHost(isRecord(shown) ? { ...message, params: shown } : message, extra);
    }
    const changed = changedCapability(method);
    if (changed !== undefined) member.listChanged(changed);
    if (method !== 'notifications/message') return this.#toHost(message, extra);
    const logger = typeof params?.['logger'] === 'string' ? `${prefix}/${params['logger']}` : prefix;
    this.#toHost({ ...message, params: { ...params, logger } }, extra);
  }

  /** A server is there, again or at last: what the host knows of it may not be so any more. */
  #changed(member: Member): void {
    for (const kind of ['tools', 'prompts', 'resources'] as const)
      if (member.can(kind)) this.#notify(`notifications/${kind}/list_changed`);
  }

  #lost({ session }: Member): void {
    for (const requestId of this.#asked.lost(session))
      this.#toHost({
        jsonrpc: '2.0',
        method: 'notifications/cancelled',
        params: { requestId, reason: `${session.prefix} has closed the connection` },
      });
  }

  /** Before it is initialized the host has nothing yet that could have changed. */
  #notify(method: string): void {
    if (this.#isInitialized) this.#toHost({ jsonrpc: '2.0', method });
  }

  #toHost(message: JsonRpcMessage, extra?: { relatedRequestId: RequestId }): void {
    if (!this.#isClosed) this.onmessage?.(message, extra);
  }

  #member(prefix: string | undefined): Member | undefined {
    return this.#members.find((member) => member.prefix === prefix);
  }
}
