import { bytesToHex } from '@noble/hashes/utils.js';

import { engine } from '#engine';

/** Of a text's UTF-8, lower-case hex. */
export function sha256Hex(text: string): string {
  return bytesToHex(engine.sha256(text));
}
