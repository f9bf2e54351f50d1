import { bytesToHex, randomBytes } from '@noble/hashes/utils.js';

/** Random bytes as lower-case hex: connection ids, instances. */
export function randomHex(byteCount: number): string {
  return bytesToHex(randomBytes(byteCount));
}
