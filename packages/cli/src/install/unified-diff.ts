import { structuredPatch } from 'diff';

import type { Paint } from '../terminal.ts';

/** Enough to see where a change is; what stands around it belongs to others. */
const CONTEXT_LINES = 2;

/** The keys of other services stand in configurations, and a screen or a log is no place for them. */
const secretValue =
  /((?:key|token|secret|pass|auth|bearer|credential|cookie)[\w-]*["']?\s*[:=]\s*)(["']).*\2/i;

/** The change of one file in the unified format. Secrets in the lines around it are left out. */
export function unifiedDiff(path: string, before: string, after: string, paint: Paint): string {
  const { hunks } = structuredPatch(path, path, before, after, undefined, undefined, {
    context: CONTEXT_LINES,
  });
  const lines = hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines: changed }) => [
    paint('dim', `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`),
    ...changed.map((line) => paintLine(line.replace(/\r$/, ''), paint)),
  ]);
  return [paint('bold', `--- ${path}`), paint('bold', `+++ ${path}`), ...lines].join('\n');
}

function paintLine(line: string, paint: Paint): string {
  // Also in lines that are only moved, or get a comma; ours have none.
  const shown = line.replace(secretValue, '$1$2…$2');
  if (shown.startsWith('+')) return paint('green', shown);
  return shown.startsWith('-') ? paint('red', shown) : shown;
}
