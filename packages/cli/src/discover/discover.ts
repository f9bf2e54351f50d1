import { Command, Option } from 'commander';

import { parseCount } from '../count-option.ts';
import { collectRelays } from '../relay-options.ts';
import { parseSeconds } from '../seconds-option.ts';
import type { DiscoverCommandOptions } from './run-discover.ts';

export function discoverCommand(): Command {
  return new Command('discover')
    .description('Find servers that announce themselves on relays.')
    .argument('[words...]', 'what they are to be about: all of them occur in what a server says of itself')
    .option('--relay <url>', 'look here instead of on the usual relays; can be repeated', collectRelays)
    .option('--schema <hash>', 'servers with a tool of this common schema')
    .option('--alive', 'ask each whether it answers now')
    .addOption(
      new Option('--encryption <mode>', 'how they are asked: none in plain text')
        .choices(['required', 'none'])
        .default('required'),
    )
    .option('--limit <count>', 'how many at most', parseCount, 30)
    .option('--timeout <seconds>', 'for each relay, and for each server that is asked', parseSeconds, 6)
    .option('--json', 'print one JSON object a line')
    .action(async (words: string[], options: DiscoverCommandOptions) => {
      // What it takes is loaded for this command alone.
      const { runDiscover } = await import('./run-discover.ts');
      await runDiscover(words, options);
    });
}
