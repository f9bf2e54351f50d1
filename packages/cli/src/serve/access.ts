import { usageError } from '../errors.ts';

export interface AccessOptions {
  public?: boolean;
  allow?: string[];
}

/** Who may call, as far as the command line says it; the rest is in the access file of each server. */
export interface AccessSettings {
  isPublic: boolean;
  /** Public keys that may call as long as this process runs. */
  forThisRun: readonly string[];
}

/** Without a word nobody may call but whom the access file names. @throws {CliError} */
export function accessOf(options: AccessOptions): AccessSettings {
  if (options.public === true && options.allow !== undefined) {
    throw usageError(
      '--public and --allow contradict each other',
      'give the one that is meant; for rules of single keys: mcp-nostr allow <npub> --tools <glob>',
    );
  }
  return { isPublic: options.public === true, forThisRun: options.allow ?? [] };
}
