import {
  failureCodes,
  isFailureCode,
  isRecord,
  isRequest,
  isResponse,
  type JsonRpcErrorResponse,
  type JsonRpcMessage,
  type JsonRpcRequest,
  type RequestId,
} from '@mcp-nostr/core';
import { TransportError } from '@mcp-nostr/transport';

import { keyOf } from './outgoing.ts';

interface Probe {
  readonly resolve: () => void;
  readonly reject: (error: TransportError) => void;
}

/** Whether a message asks a server which versions of MCP it speaks. */
export function isProbe(message: JsonRpcMessage): message is JsonRpcRequest {
  return isRequest(message) && message.method === 'server/discover';
}

/**
 * The probes under way. Clients of SDK 2.x read from every error that answers one that the server is old, so a failure
 * of the way must not be given as an answer: it rejects what waits here.
 */
export class Probes {
  readonly #pending: Map<string, Probe> = new Map();

  /** Resolves when the server has answered, in whatever sense. */
  answered(id: RequestId): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pending.set(keyOf(id), { resolve, reject });
    });
  }

  /** Whether a message is the failure of a probe and for nobody else. */
  takes(message: JsonRpcMessage): boolean {
    if (!isResponse(message) || message.id === undefined) return false;
    const probe = this.#pending.get(keyOf(message.id));
    this.#pending.delete(keyOf(message.id));
    const failure = probe && 'error' in message ? wayFailure(message) : undefined;
    if (failure === undefined) probe?.resolve();
    else probe?.reject(failure);
    return failure !== undefined;
  }

  /** Nobody waits for its answer any more. */
  forget(id: RequestId): void {
    this.#pending.get(keyOf(id))?.resolve();
    this.#pending.delete(keyOf(id));
  }

  close(): void {
    for (const { reject } of this.#pending.values())
      reject(new TransportError('closed', 'the transport was closed before the server answered'));
    this.#pending.clear();
  }
}

/** An error that says nothing of what the server speaks, also where the server has sent it. */
function wayFailure({ error: { code, message, data } }: JsonRpcErrorResponse): TransportError | undefined {
  const name = isRecord(data) ? data['code'] : undefined;
  if (!isRecord(data) || typeof name !== 'string' || !isFailureCode(name)) return undefined;
  return failureCodes[name] === code ? new TransportError(name, message, { data }) : undefined;
}
