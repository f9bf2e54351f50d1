import type { JsonRpcRequest, JsonRpcResultResponse } from '@mcp-nostr/core';

import { detailOf } from './http-failure.ts';
import { learnTools } from './learn-tools.ts';
import { limits } from './limits.ts';
import { ToolHeaders } from './tool-headers.ts';
import type { Upstream } from './upstream.ts';

export interface ArgumentHeadersOptions {
  upstream: Upstream;
  /** Of every request to the HTTP server. */
  headers: Readonly<Record<string, string>>;
  /** Of the connection. */
  signal: AbortSignal;
  onlog: (line: string) => void;
}

/** What MCP 2026-07-28 wants of a tool's arguments in headers, for which its schema has to be known. */
export class ArgumentHeaders {
  readonly #options: ArgumentHeadersOptions;
  readonly #tools: ToolHeaders;
  #learning: Promise<void> | undefined;

  constructor(options: ArgumentHeadersOptions) {
    this.#options = options;
    this.#tools = new ToolHeaders(options.onlog);
  }

  /** Asks for the tools if need be. Never rejects. */
  async of(request: JsonRpcRequest): Promise<Record<string, string> | undefined> {
    if (request.method !== 'tools/call') return undefined;
    if (!this.#tools.isKnown(request)) {
      // Calls that come together ask once.
      this.#learning ??= this.#learnTools(request).finally(() => {
        this.#learning = undefined;
      });
      await this.#learning;
    }
    return this.#tools.of(request);
  }

  /** Takes note of a list of tools; returns it without those that a client has to reject. */
  learn(answer: JsonRpcResultResponse): JsonRpcResultResponse {
    const result = this.#tools.learn(answer.result);
    return result === answer.result ? answer : { ...answer, result };
  }

  /** The tools may be others now. */
  forget(): void {
    this.#tools.forget();
  }

  /** A failure is left to the call itself: the server may not need the headers. Never rejects. */
  async #learnTools(request: JsonRpcRequest): Promise<void> {
    const { upstream, headers, signal, onlog } = this.#options;
    const late = AbortSignal.timeout(limits.learningTimeoutMs);
    try {
      await learnTools(upstream, request, this.#tools, { headers, signal: AbortSignal.any([signal, late]) });
    } catch (error) {
      // The next call does not wait for it again; should the headers be missed, the server says so.
      this.#tools.isComplete ||= late.aborted;
      if (!signal.aborted) onlog(`the tools are not known, so neither are their headers: ${detailOf(error)}`);
    }
  }
}
