import type { JsonRpcMessage, JsonRpcNotification } from '../json-rpc.ts';
import { contextvmLimits } from './limits.ts';
import { formatProgressFrame, frameFamily, FrameReader, type ProgressFrame } from './progress-frame.ts';

/** One frame of a message that is too large for one event (CEP-22). */
export type TransferFrame = ProgressFrame & TransferBody;

export type TransferStart = ProgressFrame & Extract<TransferBody, { frameType: 'start' }>;

type TransferBody =
  | {
      frameType: 'start';
      /** SHA-256 of the message's UTF-8, lower-case hex. */
      digest: string;
      totalBytes: number;
      totalChunks: number;
    }
  | { frameType: 'accept' }
  | { frameType: 'chunk'; data: string }
  | { frameType: 'end' }
  | { frameType: 'abort'; reason?: string | undefined };

const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** The frame that a message is; undefined of any other message. @throws {DecodeError} `bad_transfer` */
export function parseTransferFrame(message: JsonRpcMessage): TransferFrame | undefined {
  if (frameFamily(message) !== 'oversized-transfer') return undefined;
  const reader = new FrameReader(message, 'bad_transfer');
  const { head, frameType } = reader;
  switch (frameType) {
    case 'start':
      return { ...head, frameType, ...readStart(reader) };
    case 'chunk':
      return { ...head, frameType, data: reader.text('data') };
    case 'abort':
      return { ...head, frameType, reason: reader.note('reason') };
    case 'accept':
    case 'end':
      return { ...head, frameType };
    default:
      throw reader.bad('frameType', frameType);
  }
}

export function formatTransferFrame(frame: TransferFrame): JsonRpcNotification {
  const { token, progress, frameType, ...fields } = frame;
  const start =
    frame.frameType === 'start' ? { completionMode: 'render', digest: `sha256:${frame.digest}` } : {};
  return formatProgressFrame('oversized-transfer', { token, progress }, frameType, { ...fields, ...start });
}

function readStart(reader: FrameReader): { digest: string; totalBytes: number; totalChunks: number } {
  // `render`, the only mode that there is, means: what has come is a JSON-RPC message.
  const mode = reader.text('completionMode', contextvmLimits.maxNoteLength);
  if (mode !== 'render') throw reader.bad('completionMode', mode);
  const digest = reader.text('digest');
  if (!DIGEST.test(digest)) throw reader.bad('digest', digest);
  const totalChunks = reader.count('totalChunks');
  if (totalChunks === 0 || totalChunks > contextvmLimits.maxTransferChunks)
    throw reader.bad('totalChunks', totalChunks);
  return { digest: digest.slice('sha256:'.length), totalBytes: reader.count('totalBytes'), totalChunks };
}
