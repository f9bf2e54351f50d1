import { isRecord, type JsonRpcErrorResponse, type JsonRpcRequest, type RequestId } from '@mcp-nostr/core';

import type { Answer } from '../../answer.ts';
import { type ListMethod, lists } from '../catalogue/lists.ts';
import { shownResult } from './contents.ts';
import { Listing } from './listing.ts';
import { looksCut } from './names.ts';
import { MemberSession, type MemberSessionOptions } from './member-session.ts';

export interface MemberOptions extends MemberSessionOptions {
  /** How long its part of a list is waited for. */
  waitMs: number;
  /** One of its lists is another than the host was told. */
  onchanged: (method: ListMethod) => void;
}

/** One server of several, as the host knows it: under names that begin with its prefix. */
export class Member {
  readonly prefix: string;
  readonly session: MemberSession;
  /** Kinds whose lists have changed, also such that it had none of when the session began. */
  readonly #announced: Set<string> = new Set();
  readonly #listings: { readonly [method in ListMethod]: Listing };

  constructor(options: MemberOptions) {
    const { prefix, waitMs, onchanged } = options;
    this.prefix = prefix;
    this.session = new MemberSession(options);
    const listing = (method: ListMethod): Listing =>
      new Listing({
        prefix,
        waitMs,
        method,
        ask: (name, params) => this.session.ask(name, params),
        onchanged: () => onchanged(method),
      });
    this.#listings = {
      'tools/list': listing('tools/list'),
      'prompts/list': listing('prompts/list'),
      'resources/list': listing('resources/list'),
      'resources/templates/list': listing('resources/templates/list'),
    };
  }

  /** Whether it has the capability, as far as is known. */
  can(capability: string): boolean {
    const { result } = this.session;
    if (this.#announced.has(capability)) return true;
    return result === undefined || (isRecord(result['capabilities']) && capability in result['capabilities']);
  }

  /** The lists of this kind are others now. */
  listChanged(kind: string): void {
    this.#announced.add(kind);
    for (const [method, listing] of Object.entries(this.#listings))
      if (method.startsWith(`${kind}/`)) listing.forget();
  }

  /** Its part of a list. Never rejects. */
  async list(method: ListMethod): Promise<readonly Record<string, unknown>[] | JsonRpcErrorResponse> {
    return this.can(lists[method].capability) ? this.#listings[method].get() : [];
  }

  /** What it calls a tool or prompt; `rest` is what follows the prefix. Never rejects. */
  async ownName(method: ListMethod, shown: string, rest: string): Promise<string> {
    const listing = this.#listings[method];
    // A host may know a name from an earlier time, whose list has not passed through here.
    if (listing.ownName(shown) === undefined && looksCut(shown)) await listing.get();
    return listing.ownName(shown) ?? rest;
  }

  /** Its answer with names that the host can use. Never rejects. */
  async ask(
    method: string,
    params: JsonRpcRequest['params'],
    hostId: RequestId,
  ): Promise<Answer | undefined> {
    const answer = await this.session.ask(method, params, hostId);
    if (answer === undefined || 'error' in answer) return answer;
    return { ...answer, result: shownResult(this.prefix, method, answer.result) };
  }
}
