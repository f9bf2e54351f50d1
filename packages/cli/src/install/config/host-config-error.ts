import { CliError, exitCodes } from '../../errors.ts';

/** A host's configuration cannot be changed as asked; nothing was written. */
export function hostConfigError(message: string, hint?: string, cause?: unknown): CliError {
  return new CliError('host_config', exitCodes.usage, message, {
    ...(hint === undefined ? {} : { hint }),
    cause,
  });
}

/** The line of a place in a text, counted from 1. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
