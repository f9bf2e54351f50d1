import {
  isFailureCode,
  isRecord,
  isResponse,
  type JsonRpcErrorResponse,
  type JsonRpcMessage,
} from '@mcp-nostr/core';
import { TransportError } from '@mcp-nostr/transport';

import { NostrClientTransport } from '../nostr-client-transport.ts';
import type { FoundServer } from './announcement-book.ts';
import { discoveryLimits as limits } from './limits.ts';
import { isSaidByServer } from './said-by-server.ts';

/** Whether a server was heard just now. */
export interface Liveness {
  /** It has answered, if only that it does not serve strangers. */
  isAlive: boolean;
  durationMs: number;
  /** What it refused with, or why it was not heard. */
  code?: string;
  reason?: string;
}

export interface AskAliveOptions {
  /** What one server may take. @default 6,000 */
  timeoutMs?: number | undefined;
  /** `none` asks in plain text. @default 'required' */
  encryption?: 'required' | 'none' | undefined;
  /** What is not answered by then is not alive. */
  signal?: AbortSignal | undefined;
  /** One has answered, or has not. */
  onanswer?: ((server: FoundServer, liveness: Liveness) => void) | undefined;
}

/** Asks servers whether they are there: each with a key that is thrown away, a few at the same time. */
export async function askAlive(
  servers: readonly FoundServer[],
  options: AskAliveOptions = {},
): Promise<Map<FoundServer, Liveness>> {
  const answers = new Map<FoundServer, Liveness>();
  const waiting = servers.values();
  const work = async (): Promise<void> => {
    for (const server of waiting) {
      const liveness = await askOne(server, options);
      answers.set(server, liveness);
      options.onanswer?.(server, liveness);
    }
  };
  await Promise.all(Array.from({ length: limits.aliveAtOnce }, work));
  return answers;
}

/** Never rejects. */
async function askOne(server: FoundServer, options: AskAliveOptions): Promise<Liveness> {
  const { timeoutMs = limits.aliveTimeoutMs, encryption, signal } = options;
  const startedAt = performance.now();
  const since = (): number => performance.now() - startedAt;
  let transport: NostrClientTransport | undefined;
  try {
    transport = new NostrClientTransport({ server: server.address, announcement: server, encryption });
    const answer = await inTime(pinged(transport), timeoutMs, signal);
    const { code, reason } = 'error' in answer ? failureOf(answer) : {};
    const isAlive = code === undefined || isSaidByServer(code);
    return { isAlive, durationMs: since(), ...(code !== undefined && { code, reason: reason ?? '' }) };
  } catch (error) {
    const code = error instanceof TransportError ? error.code : 'server_silent';
    const reason = error instanceof Error ? error.message : String(error);
    return { isAlive: isSaidByServer(code), durationMs: since(), code, reason };
  } finally {
    void transport?.close(); // it never rejects
  }
}

/** Its answer, or the failure that stands for one. */
async function pinged(transport: NostrClientTransport): Promise<JsonRpcMessage> {
  const answered = new Promise<JsonRpcMessage>((resolve) => {
    transport.onmessage = (message) => {
      if (isResponse(message)) resolve(message);
    };
  });
  await transport.start();
  await transport.send({ jsonrpc: '2.0', id: 1, method: 'ping' });
  return answered;
}

/** Of an error that says nothing of the way nothing is to be told: it is an answer. */
function failureOf({ error: { data, message } }: JsonRpcErrorResponse): { code?: string; reason?: string } {
  const code = isRecord(data) ? data['code'] : undefined;
  return typeof code === 'string' && isFailureCode(code) ? { code, reason: message } : {};
}

async function inTime<T>(work: Promise<T>, timeoutMs: number, signal: AbortSignal | undefined): Promise<T> {
  const over = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const stop = (): void => reject(new TransportError('server_silent', 'no answer in time'));
    timer = setTimeout(stop, signal?.aborted === true ? 0 : timeoutMs);
    signal?.addEventListener('abort', stop, { signal: over.signal });
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}
