import { utf8Bytes } from '../text-bytes.ts';
import { sha256Hex } from './sha256.ts';
import type { TransferFrame } from './transfer-frame.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Slices of a text that take at most `maxBytes` each once they are a string in a JSON message which is itself the
 * content of an event: escaped twice. No code point is cut in two.
 */
export function splitTwiceEscaped(text: string, maxBytes: number): string[] {
  const slices: string[] = [];
  let start = 0;
  let bytes = 0;
  for (let at = 0; at < text.length;) {
    const code = text.codePointAt(at) ?? 0;
    const cost = twiceEscapedBytes(code);
    if (bytes + cost > maxBytes && at > start) {
      slices.push(text.slice(start, at));
      [start, bytes] = [at, 0];
    }
    bytes += cost;
    at += code > 0xffff ? 2 : 1;
  }
  if (start < text.length) slices.push(text.slice(start));
  return slices;
}

/**
 * The frames of a message: start, chunks, end. `awaitsAccept`: the number 2 is left to the receiver's `accept`, as
 * ContextVM's senders do where they do not know yet whether the peer takes transfers.
 */
export function transferFrames(
  text: string,
  options: { token: string; maxChunkBytes: number; awaitsAccept?: boolean },
): TransferFrame[] {
  const { token, maxChunkBytes, awaitsAccept = false } = options;
  const chunks = splitTwiceEscaped(text, maxChunkBytes);
  const first = awaitsAccept ? 3 : 2;
  const start = { digest: sha256Hex(text), totalBytes: utf8Bytes(text), totalChunks: chunks.length };
  return [
    { token, progress: 1, frameType: 'start', ...start },
    ...chunks.map((data, index) => ({ token, progress: first + index, frameType: 'chunk' as const, data })),
    { token, progress: first + chunks.length, frameType: 'end' },
  ];
}

function twiceEscapedBytes(code: number): number {
  // A quote is \" and then \\\"; a backslash likewise.
  if (code === QUOTE || code === BACKSLASH) return 4;
  // \n is \\n then; \u0001 is \\u0001.
  if (code < 0x20) return SHORT_ESCAPES.has(code) ? 3 : 7;
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  // Half a pair is written as \ud800.
  if (code >= 0xd800 && code <= 0xdfff) return 7;
  return code < 0x10000 ? 3 : 4;
}

/** \b \t \n \f \r */
const SHORT_ESCAPES: ReadonlySet<number> = new Set([0x08, 0x09, 0x0a, 0x0c, 0x0d]);
