import { oneLine } from '../terminal.ts';
import { visible } from './visible.ts';

/** A name that a stranger gave, for a line. */
export function shownName(name: string): string {
  return oneLine(visible(name), 80);
}
