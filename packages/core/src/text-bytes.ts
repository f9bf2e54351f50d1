const QUOTE = 0x22;
const BACKSLASH = 0x5c;

const utf8 = new TextEncoder();

/** Bytes of a text in UTF-8. */
export function utf8Bytes(text: string): number {
  // Faster than counting, although it makes them.
  return utf8.encode(text).length;
}

/** Bytes of a JSON text once it is a string inside JSON again: its quotes and backslashes are escaped. */
export function escapedBytes(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) bytes += extraBytes(text.charCodeAt(i));
  return bytes;
}

/** The end of the longest slice from `start` that takes at most `maxBytes` escaped; no pair is cut in two. */
export function escapedEnd(text: string, start: number, maxBytes: number): number {
  let bytes = 0;
  let end = start;
  for (; end < text.length; end++) {
    bytes += 1 + extraBytes(text.charCodeAt(end));
    if (bytes > maxBytes) break;
  }
  const cutsPair = end > start && end < text.length && (text.charCodeAt(end - 1) & 0xfc00) === 0xd800;
  return cutsPair ? end - 1 : end;
}

/** What a UTF-16 unit takes beyond one byte. JSON text has no raw control characters but the line break. */
function extraBytes(unit: number): number {
  if (unit < 0x80) return unit === QUOTE || unit === BACKSLASH || unit < 0x20 ? 1 : 0;
  return unit < 0x800 || isSurrogate(unit) ? 1 : 2;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
