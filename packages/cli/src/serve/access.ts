import { usageError } from '../errors.ts';

export interface AccessOptions {
  public?: boolean;
  allow?: string[];
}

/** Nobody is let in by default, and nobody by accident: it has to be said. @throws {CliError} */
export function accessOf(options: AccessOptions): 'public' | string[] {
  if (options.public === true && options.allow !== undefined) {
    throw usageError('--public and --allow contradict each other', 'give the one that is meant');
  }
  if (options.public === true) return 'public';
  if (options.allow !== undefined) return options.allow;
  throw usageError(
    'it was not said who may call',
    '--allow <npub> admits one key (repeat it for more), --public admits whoever has the address',
  );
}
