import {
  type FailureCode,
  isRecord,
  isResponse,
  type JsonRpcMessage,
  type JsonRpcRequest,
  metaOf,
  type RequestId,
} from '@mcp-nostr/core';
import { tokenText } from '@mcp-nostr/core/contextvm';

export type RequestOutcome = 'ok' | 'error' | 'tool_error' | 'cancelled' | 'refused';

/** What became of one request, for a log line. */
export interface RequestSummary {
  method: string;
  /** The tool's or prompt's name, or the resource's URI. */
  name?: string;
  /** The id of the event that it came in; several may have come in one. */
  event: string;
  /** Of its JSON-RPC text. */
  bytes: number;
  /** As they came. */
  params?: Record<string, unknown> | undefined;
  durationMs: number;
  outcome: RequestOutcome;
  /** Why the MCP server was not asked. */
  code?: FailureCode;
}

type Asked = Omit<RequestSummary, 'durationMs' | 'outcome' | 'code'>;

interface Route {
  readonly summary: Asked;
  readonly startedAt: number;
  readonly onend: ((wasCancelled: boolean) => void) | undefined;
}

/** The requests of one connection that the MCP server has not answered: which event each came in. */
export class Requests {
  readonly #routes: Map<RequestId, Route> = new Map();
  readonly #onend: (summary: RequestSummary) => void;

  constructor(onend: (summary: RequestSummary) => void) {
    this.#onend = onend;
  }

  get size(): number {
    return this.#routes.size;
  }

  get ids(): RequestId[] {
    return [...this.#routes.keys()];
  }

  /** Those of one method, with their params. */
  of(method: string): [RequestId, RequestSummary['params']][] {
    return [...this.#routes].flatMap(([id, { summary }]) =>
      summary.method === method ? [[id, summary.params]] : [],
    );
  }

  /** The one whose progress has this name. */
  ofToken(token: string): RequestId | undefined {
    for (const [id, { summary }] of this.#routes)
      if (tokenText(metaOf(summary.params)?.['progressToken']) === token) return id;
    return undefined;
  }

  has(id: RequestId): boolean {
    return this.#routes.has(id);
  }

  /** Returns what tells this one from another with the same id. `onend`: it is over, with whether it was cancelled. */
  add(
    request: JsonRpcRequest,
    event: string,
    bytes: number,
    onend?: (wasCancelled: boolean) => void,
  ): object {
    const route = { summary: asked(request, event, bytes), startedAt: performance.now(), onend };
    this.#routes.set(request.id, route);
    return route;
  }

  /** Whether this one still waits for its answer. */
  isWaiting(id: RequestId, route: object): boolean {
    return this.#routes.get(id) === route;
  }

  /** The event of a request that still waits for its answer. */
  event(id: RequestId): string | undefined {
    return this.#routes.get(id)?.summary.event;
  }

  cancel(id: RequestId): void {
    this.#end(id, 'cancelled');
  }

  /** The event that this answer belongs to; undefined when nobody waits for it any more. */
  answer(message: JsonRpcMessage): string | undefined {
    if (!isResponse(message) || message.id === undefined) return undefined;
    return this.#end(message.id, outcomeOf(message));
  }

  /** The same for one that the MCP server must not see. */
  refuse(id: RequestId, code: FailureCode): string | undefined {
    return this.#end(id, 'refused', code);
  }

  /** One that was never added. */
  refused(request: JsonRpcRequest, event: string, bytes: number, code: FailureCode): void {
    this.#onend({ ...asked(request, event, bytes), durationMs: 0, outcome: 'refused', code });
  }

  /** The connection is over: its client waits for none of them any more. */
  close(): void {
    for (const id of this.ids) this.#end(id, 'cancelled');
  }

  #end(id: RequestId, outcome: RequestOutcome, code?: FailureCode): string | undefined {
    const route = this.#routes.get(id);
    if (route === undefined) return undefined;
    this.#routes.delete(id);
    route.onend?.(outcome === 'cancelled');
    const durationMs = performance.now() - route.startedAt;
    this.#onend({ ...route.summary, durationMs, outcome, ...(code !== undefined && { code }) });
    return route.summary.event;
  }
}

function asked({ method, params }: JsonRpcRequest, event: string, bytes: number): Asked {
  const name = params?.['name'] ?? params?.['uri'];
  return { method, ...(typeof name === 'string' ? { name } : {}), event, bytes, params };
}

function outcomeOf(response: JsonRpcMessage): RequestOutcome {
  if ('error' in response) return 'error';
  return 'result' in response && isRecord(response.result) && response.result['isError'] === true
    ? 'tool_error'
    : 'ok';
}
