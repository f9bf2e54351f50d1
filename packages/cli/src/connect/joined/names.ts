import { createHash } from 'node:crypto';

import { limits } from './limits.ts';

/** A name or URI of a server as the host gives it back. */
export interface Named {
  readonly prefix: string;
  /** As the server calls it. */
  readonly own: string;
}

/** Characters of a hash that stand for what a name has lost. */
const HASH_LENGTH = 8;

/**
 * A tool or prompt as the host sees it: `weather_forecast`. What would be too long, or has characters that hosts do not
 * take, is cut and marked with a hash of the whole, the same at every start.
 */
export function shownName(prefix: string, own: string): string {
  const name = `${prefix}_${own}`;
  if (/^[\w-]+$/.test(name) && name.length <= limits.maxNameLength) return name;
  const hash = createHash('sha256').update(own).digest('hex').slice(0, HASH_LENGTH);
  const start = name.replace(/[^\w-]/g, '_').slice(0, limits.maxNameLength - HASH_LENGTH - 1);
  return `${start}_${hash}`;
}

/** Whether a name may have lost something. */
export function looksCut(shown: string): boolean {
  return /_[\da-f]{8}$/.test(shown);
}

/** The other way, for names that have lost nothing. No prefix has an underscore. */
export function splitName(shown: string): Named | undefined {
  return split(shown, '_');
}

/** A resource as the host sees it: `weather+file:///a`, which is a URI again. */
export function shownUri(prefix: string, own: string): string {
  return `${prefix}+${own}`;
}

export function splitUri(shown: string): Named | undefined {
  return split(shown, '+');
}

function split(shown: string, separator: string): Named | undefined {
  const end = shown.indexOf(separator);
  return end === -1 ? undefined : { prefix: shown.slice(0, end), own: shown.slice(end + 1) };
}
