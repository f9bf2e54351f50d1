import { createCipheriv } from 'node:crypto';

/** "1 MB". */
export const RESULT_BYTES = 1_000_000;
/** Prime to the lengths in use, so that results differ although they are cut from one text. */
const SEED_STEP = 997;

/**
 * Random letters that both ends know: they hardly compress, so nobody gains by trying, and JSON escapes none of them.
 * Made before anything is measured, since making it would cost all peers the same and hide what they differ in.
 */
const source = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16))
  .update(Buffer.alloc((2 * RESULT_BYTES * 3) / 4))
  .toString('base64');

/** The text that belongs to this seed, of one byte per character. */
export function largeText(length: number, seed: number): string {
  if (length > RESULT_BYTES) throw new RangeError(`${length} is more than ${RESULT_BYTES}`);
  const from = (seed * SEED_STEP) % (source.length - length);
  return source.slice(from, from + length);
}
