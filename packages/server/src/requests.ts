import {
  isRecord,
  isResponse,
  type JsonRpcMessage,
  type JsonRpcRequest,
  type RequestId,
} from '@mcp-nostr/core';

export type RequestOutcome = 'ok' | 'error' | 'tool_error' | 'cancelled';

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
}

interface Route {
  readonly summary: Omit<RequestSummary, 'durationMs' | 'outcome'>;
  readonly startedAt: number;
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

  idsOf(method: string): RequestId[] {
    return [...this.#routes].flatMap(([id, { summary }]) => (summary.method === method ? [id] : []));
  }

  has(id: RequestId): boolean {
    return this.#routes.has(id);
  }

  add(request: JsonRpcRequest, event: string, bytes: number): void {
    const { method, params } = request;
    const name = params?.['name'] ?? params?.['uri'];
    const summary = { method, ...(typeof name === 'string' ? { name } : {}), event, bytes, params };
    this.#routes.set(request.id, { summary, startedAt: performance.now() });
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

  /** The connection is over: its client waits for none of them any more. */
  close(): void {
    for (const id of this.ids) this.#end(id, 'cancelled');
  }

  #end(id: RequestId, outcome: RequestOutcome): string | undefined {
    const route = this.#routes.get(id);
    if (route === undefined) return undefined;
    this.#routes.delete(id);
    this.#onend({ ...route.summary, durationMs: performance.now() - route.startedAt, outcome });
    return route.summary.event;
  }
}

function outcomeOf(response: JsonRpcMessage): RequestOutcome {
  if ('error' in response) return 'error';
  return 'result' in response && isRecord(response.result) && response.result['isError'] === true
    ? 'tool_error'
    : 'ok';
}
