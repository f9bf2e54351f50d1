import { type Command, Option } from 'commander';

import { usageError } from '../errors.ts';
import { LogFile } from './log-file.ts';
import {
  jsonLine,
  type LogFormat,
  Logger,
  type LogLevel,
  logLevels,
  type LogRecord,
  type RecordLevel,
  textLine,
} from './logger.ts';

const formats = ['text', 'json'] as const;

/** What commander makes of the options that {@link addLogOptions} adds. */
export interface LogOptions {
  logLevel?: LogLevel;
  quiet?: boolean;
  verbose?: boolean;
  logFormat?: LogFormat;
  logFile?: string;
}

/** What is logged, how and where to. */
export interface LogSettings {
  level: LogLevel;
  format: LogFormat;
  file: string | undefined;
}

export function addLogOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--log-level <level>', 'what is logged (default: $MCP_NOSTR_LOG, else info)').choices(
        logLevels,
      ),
    )
    .option('-q, --quiet', 'warnings and errors only: --log-level warn')
    .option('-v, --verbose', 'more: --log-level debug')
    .addOption(
      new Option('--log-format <format>', 'of the log (default: $MCP_NOSTR_LOG_FORMAT, else text)').choices(
        formats,
      ),
    )
    .option('--log-file <file>', 'log to this file too, which only you can read (or: $MCP_NOSTR_LOG_FILE)');
}

/** Arguments before environment. @throws {CliError} for a value of the environment that does not exist */
export function logSettings(options: LogOptions, env: NodeJS.ProcessEnv = process.env): LogSettings {
  const { logLevel, quiet, verbose, logFormat, logFile } = options;
  const asked = logLevel ?? (quiet === true ? 'warn' : verbose === true ? 'debug' : undefined);
  return {
    level: asked ?? fromEnvironment('MCP_NOSTR_LOG', logLevels, env) ?? 'info',
    format: logFormat ?? fromEnvironment('MCP_NOSTR_LOG_FORMAT', formats, env) ?? 'text',
    file: logFile ?? (env['MCP_NOSTR_LOG_FILE'] || undefined),
  };
}

/** A logger on stderr, as JSON or as `makeText` shapes it. */
export function stderrLogger(
  { level, format }: LogSettings,
  makeText: (record: LogRecord) => string,
): Logger {
  return new Logger(
    level,
    (line) => void process.stderr.write(line),
    format === 'json' ? jsonLine : makeText,
  );
}

/** Says a line wherever the settings want it. */
export type Say = (level: RecordLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** To stderr, shaped by `makeText` unless it is JSON, and to the file. @throws {CliError} when that cannot be opened */
export function openLog(settings: LogSettings, makeText: (record: LogRecord) => string): Say {
  const loggers = [stderrLogger(settings, makeText), fileLogger(settings)];
  return (level, message, fields) => {
    for (const logger of loggers) logger?.log(level, message, fields);
  };
}

/** A logger for the file, if one is asked for. @throws {CliError} when it cannot be opened */
export function fileLogger({ level, format, file }: LogSettings): Logger | undefined {
  if (file === undefined || level === 'silent') return undefined;
  const out = new LogFile(file, {
    onerror: (message) => void process.stderr.write(`mcp-nostr: ${message}\n`),
  });
  return new Logger(level, (line) => out.write(line), format === 'json' ? jsonLine : textLine);
}

function fromEnvironment<Value extends string>(
  name: string,
  values: readonly Value[],
  env: NodeJS.ProcessEnv,
): Value | undefined {
  const text = env[name] ?? '';
  const value = values.find((each) => each === text.toLowerCase());
  if (text !== '' && value === undefined)
    throw usageError(`${name} is ${JSON.stringify(text)}`, `it is one of ${values.join(', ')}`);
  return value;
}
