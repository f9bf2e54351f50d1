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

/**
 * The end of a slice from `start` that takes at most `maxBytes` escaped, nearly as many where the text is of one
 * kind; no pair is cut in two. Tried rather than counted: what fits is wanted as JSON in any case.
 */
export function escapedEnd(text: string, start: number, maxBytes: number): number {
  const least = start + (isPair(text, start) ? 2 : 1);
  for (let length = Math.min(maxBytes, text.length - start); ;) {
    const end = start + length;
    const whole = Math.max(least, isPair(text, end - 1) ? end - 1 : end);
    const bytes = utf8Bytes(jsonOf(text.slice(start, whole))) - 2;
    if (bytes <= maxBytes || whole === least) return whole;
    // At least one less, so that it ends; a text that is dearer at its end is tried again.
    length = Math.min(length - 1, Math.floor((length * maxBytes) / bytes));
  }
}

/** Whether a surrogate pair begins here. */
function isPair(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xd800 && at + 1 < text.length;
}

/** A text as JSON. What is asked for twice in a row is made once: slicing, signing and wrapping follow each other. */
export function jsonOf(text: string): string {
  if (text !== last.text) last = { text, json: JSON.stringify(text) };
  return last.json;
}

let last = { text: '', json: '""' };

/** What a UTF-16 unit takes beyond one byte. JSON text has no raw control characters but the line break. */
function extraBytes(unit: number): number {
  if (unit < 0x80) return unit === QUOTE || unit === BACKSLASH || unit < 0x20 ? 1 : 0;
  return unit < 0x800 || isSurrogate(unit) ? 1 : 2;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
