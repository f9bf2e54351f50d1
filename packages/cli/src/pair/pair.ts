import { Command } from 'commander';

import { collectRelays } from '../relay-options.ts';
import { parseSeconds } from '../seconds-option.ts';
import type { PairOptions } from './run-pair.ts';

export function pairCommand(): Command {
  return new Command('pair')
    .description('Redeem an invite: from then on the server knows your key, and has a name here.')
    .argument('[link]', 'the invite link; without it, it is asked for; - reads it from stdin')
    .option('--name <name>', 'what the server is called here; else what it calls itself')
    .option('--key <key>', 'key that is to be let in: its name, or its file, which is made when missing')
    .option('--relay <url>', "use this relay instead of the link's; can be repeated", collectRelays)
    .option('--timeout <seconds>', 'for one answer', parseSeconds, 30)
    .option('--json', 'print one JSON document')
    .action(async (link: string | undefined, options: PairOptions) => {
      // What it takes is loaded for this command alone.
      const { runPair } = await import('./run-pair.ts');
      await runPair(link, options);
    });
}
