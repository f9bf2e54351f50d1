import { DecodeError, type DecodeErrorCode } from '../errors.ts';
import { isRecord } from '../event.ts';
import type { JsonRpcMessage, JsonRpcNotification } from '../json-rpc.ts';
import { contextvmLimits } from './limits.ts';

/** What frames of transfers and of streams have in common: they are progress of a request, with `params.cvm`. */
export interface ProgressFrame {
  /** The request's progress token, always as a string: ContextVM's peers write 1 as "1" here. */
  token: string;
  /** Counts the frames of one sender. */
  progress: number;
}

export type FrameFamily = 'oversized-transfer' | 'open-stream';

const METHOD = 'notifications/progress';

/** Whose frame a message is; undefined of any other message. */
export function frameFamily(message: JsonRpcMessage): FrameFamily | undefined {
  const type = cvmOf(message)?.['type'];
  return type === 'oversized-transfer' || type === 'open-stream' ? type : undefined;
}

/** A progress token as it is compared: 1 and "1" are the same one. Undefined of what is no token. */
export function tokenText(token: unknown): string | undefined {
  if (typeof token === 'string') return token.length <= contextvmLimits.maxTokenLength ? token : undefined;
  return typeof token === 'number' && Number.isFinite(token) ? String(token) : undefined;
}

export function formatProgressFrame(
  family: FrameFamily,
  { token, progress }: ProgressFrame,
  frameType: string,
  fields: Record<string, unknown> = {},
): JsonRpcNotification {
  const cvm = { type: family, frameType, ...fields };
  return { jsonrpc: '2.0', method: METHOD, params: { progressToken: token, progress, cvm } };
}

/** The parts of a frame, each checked as it is asked for. Everything throws a {@link DecodeError} of the code given. */
export class FrameReader {
  readonly head: ProgressFrame;
  readonly frameType: unknown;
  readonly #cvm: Record<string, unknown>;
  readonly #code: DecodeErrorCode;

  constructor(message: JsonRpcMessage, code: DecodeErrorCode) {
    this.#code = code;
    this.#cvm = cvmOf(message) ?? {};
    this.frameType = this.#cvm['frameType'];
    const params = 'method' in message ? message.params : undefined;
    const token = tokenText(params?.['progressToken']);
    if (token === undefined) throw this.bad('progressToken', params?.['progressToken']);
    const progress = params?.['progress'];
    if (!isCount(progress)) throw this.bad('progress', progress);
    this.head = { token, progress };
  }

  count(name: string): number {
    const value = this.#cvm[name];
    if (!isCount(value)) throw this.bad(name, value);
    return value;
  }

  text(name: string, maxLength: number = Infinity): string {
    const value = this.#cvm[name];
    if (typeof value !== 'string' || value.length > maxLength) throw this.bad(name, value);
    return value;
  }

  /** What can be done without: cut where it is long, left out where it is no text. */
  note(name: string): string | undefined {
    const value = this.#cvm[name];
    return typeof value === 'string' ? value.slice(0, contextvmLimits.maxNoteLength) : undefined;
  }

  has(name: string): boolean {
    return this.#cvm[name] !== undefined;
  }

  bad(name: string, value: unknown): DecodeError {
    const shown = value === undefined ? 'missing' : JSON.stringify(value).slice(0, 64);
    return new DecodeError(
      this.#code,
      `frame of ${String(this.#cvm['type'])} not understood: ${name} is ${shown}`,
    );
  }
}

function cvmOf(message: JsonRpcMessage): Record<string, unknown> | undefined {
  if (!('method' in message) || message.method !== METHOD) return undefined;
  const cvm = message.params?.['cvm'];
  return isRecord(cvm) ? cvm : undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
