import { diffHunks } from '../install/unified-diff.ts';
import type { Paint } from '../terminal.ts';
import type { Fields, Sighting } from './definition.ts';
import { limits } from './limits.ts';
import type { Pin } from './pins.ts';
import { visible } from './visible.ts';

/** What the server shows instead of what is pinned, as the lines of a unified diff. */
export function changeLines({ pinned, offered }: Pin, paint: Paint): string[] {
  if (offered === undefined) return [];
  if ((pinned !== undefined && pinned.definition === undefined) || offered.definition === undefined)
    return ['it is too large for its text to be kept, so that what has changed cannot be shown'];
  const lines = diffHunks(definitionText(pinned), definitionText(offered), paint);
  const shown = lines.slice(0, limits.maxDiffLines);
  const isCut = shown.length < lines.length;
  return isCut ? [...shown, `… and ${lines.length - shown.length} lines more`] : shown;
}

/** For people: each member under its name, and what is text line by line as a model reads it. */
function definitionText(sighting: Sighting | undefined): string {
  if (sighting === undefined) return '';
  const definition: Fields = sighting.definition ?? {};
  const names = Object.keys(definition).sort();
  return visible(names.map((name) => memberText(name, definition[name])).join(''));
}

function memberText(name: string, value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(sorted(value), undefined, 2);
  const lines = text.split('\n');
  if (lines.length === 1) return `${name}: ${text}\n`;
  return `${name}:\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

/** The order of members means nothing, and a change of it is not to be seen. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, each]) => [name, sorted(each)]));
}
