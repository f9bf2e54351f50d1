import { styleText } from 'node:util';

type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow';

/** Styles text for a stream; where it is no terminal, or `NO_COLOR` is set, text stays as it is. */
export type Paint = (style: Style, text: string) => string;

/** @see https://no-color.org */
export function paintFor(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv = process.env): Paint {
  const plain = !stream.isTTY || (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  return plain ? (_style, text) => text : (style, text) => styleText(style, text);
}

/**
 * Text of a stranger without what a terminal would obey: escape sequences, carriage returns, bells, and the
 * characters that turn the direction of writing. Line feeds and tabs stay.
 */
export function harmless(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what it is about
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '');
}

/** As {@link harmless}, on one line and no longer than this. */
export function oneLine(text: string, maxLength: number): string {
  const line = harmless(text).replace(/\s+/g, ' ').trim();
  return line.length > maxLength ? `${line.slice(0, maxLength - 1)}…` : line;
}

/** Enough of an npub to tell callers apart. */
export function shortNpub(npub: string): string {
  return `${npub.slice(0, 10)}…${npub.slice(-4)}`;
}

/** `12 ms`, `3.4 s`, `2 min 5 s` */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1_000) return `${Math.round(durationMs)} ms`;
  if (durationMs < 60_000) return `${(durationMs / 1_000).toFixed(1)} s`;
  const seconds = Math.round(durationMs / 1_000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** `312 B`, `5.2 kB`, `1.4 MB` */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** `1.26` -> `1.3`: enough of a duration for a log. */
export function tenth(ms: number): number {
  return Math.round(ms * 10) / 10;
}
