import { rm, stat } from 'node:fs/promises';

import { resolveAddress } from '../address-book/resolve-address.ts';
import { CliError, exitCodes } from '../errors.ts';
import { errorCode } from '../file-error.ts';
import { PinFile, pinsPath } from './pin-file.ts';
import { accept } from './pins.ts';
import { pinsOf, stateOf } from './read-pins.ts';
import { shownName } from './shown-name.ts';

/**
 * Pins what was shown last instead of what is pinned; of all that has changed, or of these tools. Returns what that was.
 * Nothing is asked of the server: what it shows at this moment nobody has looked at.
 */
export async function acceptOffered(address: string, names: readonly string[]): Promise<string[]> {
  const { pubkey, tools, instructions } = await pinsOf(address, names);
  const problems: string[] = [];
  const file = new PinFile(pinsPath(pubkey), (problem) => problems.push(problem));
  const accepted: string[] = [];
  for (const [name, seen] of tools) {
    if (stateOf(seen) === 'unchanged') continue;
    accepted.push(shownName(name));
    file.change((pins) => {
      const now = pins.tools.get(name);
      // Another one by now: nobody has looked at that.
      if (now?.offered?.sha256 === seen.offered?.sha256) pins.tools.set(name, accept(seen));
    });
  }
  if (stateOf(instructions) !== 'unchanged') {
    accepted.push('the instructions');
    file.change((pins) => {
      const isSame = pins.instructions.offered?.sha256 === instructions.offered?.sha256;
      if (isSame) pins.instructions = accept(instructions);
    });
  }
  await file.flush();
  const [problem] = problems;
  if (problem !== undefined) throw new CliError('file_error', exitCodes.usage, problem);
  return accepted;
}

/** Whether anything was pinned. */
export async function forgetPins(address: string): Promise<boolean> {
  const { pubkey } = await resolveAddress(address, { verify: 'later' });
  const path = pinsPath(pubkey);
  const isThere = await stat(path).then(
    () => true,
    (error: unknown) => {
      if (errorCode(error) === 'ENOENT') return false;
      throw error;
    },
  );
  await rm(path, { force: true });
  return isThere;
}
