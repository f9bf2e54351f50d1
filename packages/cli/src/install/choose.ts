import { confirm, isCancel, multiselect } from '@clack/prompts';

import { canAsk, declined } from '../ask.ts';
import { usageError } from '../errors.ts';
import type { Host } from './hosts.ts';

/** stdout is for results. */
const output = process.stderr;

/** @throws {CliError} `usage` where nobody can be asked and nothing says that it is not needed */
export function requireConsent(options: { yes?: boolean; dryRun?: boolean; json?: boolean }): void {
  if (options.yes === true || options.dryRun === true || (canAsk() && options.json !== true)) return;
  throw usageError(
    'it would change files, and there is no terminal to ask on',
    '--yes changes them without asking, --dry-run only shows what would be changed',
  );
}

/** All of them are proposed. */
export async function chooseHosts(found: readonly Host[]): Promise<Host[]> {
  const ids = await multiselect({
    message: 'Install into',
    options: found.map(({ id, title }) => ({ value: id, label: title })),
    initialValues: found.map(({ id }) => id),
    output,
  });
  if (isCancel(ids)) throw declined();
  return found.filter(({ id }) => ids.includes(id));
}

export async function confirmChanges(): Promise<void> {
  const answer = await confirm({ message: 'Make these changes?', output });
  if (answer !== true) throw declined();
}
