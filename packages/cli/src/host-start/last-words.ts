import { oneLine } from '../terminal.ts';

/** Why a process ended, from what it said on stderr: our own last line is what to do, and the one before it the error. */
export function lastWords(said: string): string {
  const lines = said.trim().split('\n');
  return oneLine(lines.findLast((line) => line.startsWith('error: ')) ?? lines.at(-1) ?? '', 200);
}
