import { structuredPatch } from 'diff';

import { redact } from '../log/redact.ts';
import type { Paint } from '../terminal.ts';

/** Enough to see where a change is; what stands around it belongs to others. */
const CONTEXT_LINES = 2;

/** A text in quotes, which may be cut at the end of its line. */
const quoted = String.raw`(["'])(?:\\.|(?!\2)[^\\\r\n])*(?:\2|$)`;

/** The keys of other services stand in configurations, and a screen or a log is no place for them. */
const secretValues = [
  // `"API_KEY": "…"`, `token = '…'`
  String.raw`((?:key|token|secret|pass|auth|bearer|credential|cookie)[\w-]*["']?\s*[:=]\s*)`,
  // `"--api-key", "…"`, as words of a command; `--key` is ours, and names a file.
  String.raw`(["']-[\w-]*(?:api-?key|access-?key|token|secret|pass|auth|credential|cookie)[\w-]*["']\s*,\s*)`,
].map((name) => new RegExp(name + quoted, 'gim'));

/** The change of one file in the unified format. Secrets in the lines around it are left out. */
export function unifiedDiff(path: string, before: string, after: string, paint: Paint): string {
  // Also in lines that are only moved, or get a comma; ours have none.
  const lines = diffHunks(withoutSecrets(before), withoutSecrets(after), paint);
  return [paint('bold', `--- ${path}`), paint('bold', `+++ ${path}`), ...lines].join('\n');
}

/** What differs between two texts, and a little around it, as the lines of a unified diff below its head. */
export function diffHunks(before: string, after: string, paint: Paint): string[] {
  const { hunks } = structuredPatch('', '', before, after, undefined, undefined, { context: CONTEXT_LINES });
  return hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines: changed }) => [
    paint('dim', `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`),
    ...changed.map((line) => paintLine(line.replace(/\r$/, ''), paint)),
  ]);
}

function withoutSecrets(text: string): string {
  return redact(secretValues.reduce((rest, pattern) => rest.replace(pattern, '$1$2…$2'), text));
}

function paintLine(line: string, paint: Paint): string {
  if (line.startsWith('+')) return paint('green', line);
  return line.startsWith('-') ? paint('red', line) : line;
}
