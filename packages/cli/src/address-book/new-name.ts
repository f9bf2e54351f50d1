import { usageError } from '../errors.ts';
import { hosts } from '../install/hosts.ts';
import { oneLine } from '../terminal.ts';
import { limits } from './limits.ts';
import { isName } from './names.ts';

/** @throws {CliError} `usage` for what no server can be called from now on */
export function checkNewName(text: string): void {
  if (isReserved(text))
    throw usageError(`${text} is a host for doctor and install`, 'give the server another name');
  if (isName(text)) return;
  throw usageError(
    `${JSON.stringify(oneLine(text, 80))} cannot be the name of a server`,
    `a name has small letters, digits and hyphens, begins with a letter, and has ${limits.maxNameLength} characters at most`,
  );
}

/** `doctor` takes both. */
function isReserved(name: string): boolean {
  return hosts.some(({ id }) => id === name);
}
