import type { JsonRpcMessage, JsonRpcNotification } from '../json-rpc.ts';
import { contextvmLimits } from './limits.ts';
import { formatProgressFrame, frameFamily, FrameReader, type ProgressFrame } from './progress-frame.ts';

/** One frame of an open stream (CEP-41): text beside the answer to a request, while that is under way. */
export type StreamFrame = ProgressFrame & StreamBody;

export type StreamChunk = ProgressFrame & Extract<StreamBody, { frameType: 'chunk' }>;
export type StreamClose = ProgressFrame & Extract<StreamBody, { frameType: 'close' }>;

type StreamBody =
  | Exclude<StreamPart, { frameType: 'chunk' | 'close' }>
  | {
      frameType: 'chunk';
      /** Counts the chunks alone, from 0. */
      chunkIndex: number;
      data: string;
    }
  | {
      frameType: 'close';
      /** Absent where there was no chunk. */
      lastChunkIndex?: number | undefined;
    };

/** What a sender has to say, before it is numbered. */
export type StreamPart =
  | { frameType: 'start'; contentType?: string | undefined }
  | { frameType: 'accept' }
  | { frameType: 'chunk'; data: string }
  /** Are you there? Answered by `pong` with the same nonce. */
  | { frameType: 'ping' | 'pong'; nonce: string }
  | { frameType: 'close' }
  | { frameType: 'abort'; reason?: string | undefined };

/** The frame that a message is; undefined of any other message. @throws {DecodeError} `bad_stream` */
export function parseStreamFrame(message: JsonRpcMessage): StreamFrame | undefined {
  if (frameFamily(message) !== 'open-stream') return undefined;
  const reader = new FrameReader(message, 'bad_stream');
  const { head, frameType } = reader;
  switch (frameType) {
    case 'start':
      return { ...head, frameType, contentType: reader.note('contentType') };
    case 'chunk':
      return { ...head, frameType, chunkIndex: reader.count('chunkIndex'), data: reader.text('data') };
    case 'ping':
    case 'pong':
      return { ...head, frameType, nonce: reader.text('nonce', contextvmLimits.maxNoteLength) };
    case 'close':
      return reader.has('lastChunkIndex')
        ? { ...head, frameType, lastChunkIndex: reader.count('lastChunkIndex') }
        : { ...head, frameType };
    case 'abort':
      return { ...head, frameType, reason: reader.note('reason') };
    case 'accept':
      return { ...head, frameType };
    default:
      throw reader.bad('frameType', frameType);
  }
}

export function formatStreamFrame(frame: StreamFrame): JsonRpcNotification {
  const { token, progress, frameType, ...fields } = frame;
  return formatProgressFrame('open-stream', { token, progress }, frameType, fields);
}

/** Numbers what one side sends on one stream, in the order in which it leaves. */
export class StreamNumbering {
  readonly token: string;
  #progress = 0;
  #chunks = 0;

  constructor(token: string) {
    this.token = token;
  }

  /** Takes numbered frames too: who passes a stream on has frames of its own between. */
  number(part: StreamPart): StreamFrame {
    const head = { token: this.token, progress: ++this.#progress };
    if (part.frameType === 'chunk') return { ...part, ...head, chunkIndex: this.#chunks++ };
    if (part.frameType !== 'close') return { ...part, ...head };
    const last = this.#chunks === 0 ? {} : { lastChunkIndex: this.#chunks - 1 };
    return { ...head, frameType: part.frameType, ...last };
  }
}
