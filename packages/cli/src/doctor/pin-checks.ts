import type { ResolvedServer } from '../address-book/resolve-address.ts';
import { describeError, exitCodes } from '../errors.ts';
import { pinsOf, stateOf } from '../pins/read-pins.ts';
import { shownName } from '../pins/shown-name.ts';
import { shellWord } from '../shell-word.ts';
import { type Check, Findings } from './check.ts';

/** Whether the server was seen to show something else than at first; nothing where it was never used. */
export async function checkPins({ address }: ResolvedServer): Promise<Check[]> {
  const findings = new Findings('pins');
  try {
    const { tools, instructions, listedAt } = await pinsOf(address, []);
    const changed = [...tools]
      .filter(([, pin]) => stateOf(pin) !== 'unchanged')
      .map(([name]) => shownName(name));
    if (stateOf(instructions) !== 'unchanged') changed.unshift('the instructions');
    const hint = `mcp-nostr pins show ${shellWord(address)}`;
    if (changed.length > 0)
      findings.warn('', `not as they were at first: ${changed.slice(0, 8).join(', ')}`, hint);
    else if (listedAt !== undefined)
      findings.ok(
        '',
        `its tools are as they were first seen, ${new Date(listedAt).toISOString().slice(0, 10)}`,
      );
  } catch (error) {
    const { message, hint = '' } = describeError(error);
    findings.fail('', message, { hint, exitCode: exitCodes.verificationFailed });
  }
  return findings.checks;
}
