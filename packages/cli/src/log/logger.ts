import { harmless } from '../terminal.ts';
import { redact, redactFields } from './redact.ts';

/** From nothing to everything. */
export const logLevels = ['silent', 'error', 'warn', 'info', 'debug', 'trace'] as const;

export type LogLevel = (typeof logLevels)[number];
export type RecordLevel = Exclude<LogLevel, 'silent'>;
export type LogFormat = 'text' | 'json';

export interface LogRecord {
  time: Date;
  level: RecordLevel;
  message: string;
  fields: Readonly<Record<string, unknown>>;
}

/** Takes one line, with its line feed. */
export type WriteLine = (line: string) => void;

/** One line for each record of the level and above, without secrets; `makeLine` gives it its shape. */
export class Logger {
  readonly #level: LogLevel;
  readonly #write: WriteLine;
  readonly #makeLine: (record: LogRecord) => string;

  constructor(level: LogLevel, write: WriteLine, makeLine: (record: LogRecord) => string) {
    this.#level = level;
    this.#write = write;
    this.#makeLine = makeLine;
  }

  isOn(level: RecordLevel): boolean {
    return includesLevel(this.#level, level);
  }

  log(level: RecordLevel, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    if (!this.isOn(level)) return;
    this.#write(`${this.#makeLine({ time: new Date(), level, message, fields })}\n`);
  }
}

export function includesLevel(threshold: LogLevel, level: RecordLevel): boolean {
  return logLevels.indexOf(level) <= logLevels.indexOf(threshold);
}

/** `{"time":…,"level":"info","msg":…}` and the fields. */
export function jsonLine({ time, level, message, fields }: LogRecord): string {
  const shown = Object.entries(fields).map(([name, value]) => [name, redactFields(value, name)] as const);
  return JSON.stringify({ time, level, msg: redact(message), ...Object.fromEntries(shown) });
}

/** `2026-11-21T12:00:00.000Z warn  …`, with fields as `name=value`. */
export function textLine(record: LogRecord): string {
  return `${record.time.toISOString()} ${record.level.padEnd(5)} ${plainText(record)}`;
}

/** The message and its fields alone: where lines of other programs are around, or the reader adds the time. */
export function plainText({ message, fields }: LogRecord): string {
  const shown = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, redactFields(value, name)] as const)
    .map(([name, value]) => ` ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return harmless(redact(message) + shown.join('')).replace(/\s*\n\s*/g, ' ');
}
