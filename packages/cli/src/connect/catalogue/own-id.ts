import { randomInt } from 'node:crypto';

/**
 * The id of a request of ours among those of a host, which count from 0 or are texts. A number, since there are bridges
 * that lose ids of text, and one that fits 32 bits.
 */
export function ownId(): number {
  return randomInt(2 ** 30, 2 ** 31 - 1);
}
