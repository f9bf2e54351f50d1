import { CliError, exitCodes } from '../errors.ts';

/** A key cannot be had. What was read is never in the message, and no error that may quote it is its cause. */
export function keyError(message: string, hint?: string, cause?: unknown): CliError {
  return new CliError('key_file', exitCodes.usage, message, {
    ...(hint === undefined ? {} : { hint }),
    cause,
  });
}
