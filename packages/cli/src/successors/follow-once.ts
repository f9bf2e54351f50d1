import { resolveAddress } from '../address-book/resolve-address.ts';
import { shellWord } from '../shell-word.ts';
import { follow } from './follow.ts';
import { successorOf } from './moved.ts';

/**
 * Does something with a server; where that turns out to have another key, once more after a person has agreed to it.
 * `address`: as it was given.
 * @throws {CliError} `server_moved` where nobody can be asked
 */
export async function followOnce<Result>(address: string, run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    const successor = successorOf(error);
    if (successor === undefined) throw error;
    const { pubkey } = await resolveAddress(address, { verify: 'later' });
    await follow({ former: pubkey, successor, words: shellWord(address) });
    return run();
  }
}
