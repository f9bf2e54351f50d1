import { styleText } from 'node:util';

import type { Event } from './cli-process.ts';

const { stdout } = process;
const isPlain = !stdout.isTTY || (process.env['NO_COLOR'] ?? '') !== '';

export function paint(style: 'bold' | 'dim' | 'green' | 'red', text: string): string {
  return isPlain ? text : styleText(style, text);
}

export function print(line = ''): void {
  stdout.write(line === '' ? '\n' : `  ${line}\n`);
}

/** `label      value` */
export function printField(label: string, value: string): void {
  print(`${paint('dim', label.padEnd(11))}${value}`);
}

/** `echo                   4 ms   Echo: ahoj` */
export function printStep(name: string, durationMs: number, result: string): void {
  clearProgress();
  print(`${name.padEnd(32)}${formatMs(durationMs).padStart(9)}   ${result}`);
}

/** Stays on its line until the step is printed over it. */
export function printProgress(name: string, progress: number, total: number): void {
  const bar = `${'▰'.repeat(progress)}${'▱'.repeat(Math.max(0, total - progress))} ${progress}/${total}`;
  if (stdout.isTTY) stdout.write(`\r\u001b[2K  ${name.padEnd(32)}${' '.repeat(9)}   ${bar}`);
  else print(`${' '.repeat(44)}${bar}`);
}

/** A call as the server reported it. */
export function printCall(event: Event): void {
  const { time, caller, method, name, durationMs, outcome } = event;
  const what = typeof name === 'string' ? `${String(method)} ${name}` : String(method);
  const clock = new Date(String(time)).toTimeString().slice(0, 8);
  const mark = outcome === 'ok' ? paint('green', 'ok') : paint('red', String(outcome));
  print(
    `${paint('dim', clock)}  ${shortNpub(String(caller))}  ${what.padEnd(42)}${formatMs(Number(durationMs)).padStart(9)}   ${mark}`,
  );
}

export function shortNpub(npub: string): string {
  return `${npub.slice(0, 10)}…${npub.slice(-4)}`;
}

export function formatMs(ms: number): string {
  return ms < 1_000 ? `${ms.toFixed(ms < 10 ? 1 : 0)} ms` : `${(ms / 1_000).toFixed(2)} s`;
}

function clearProgress(): void {
  if (stdout.isTTY) stdout.write('\r\u001b[2K');
}
