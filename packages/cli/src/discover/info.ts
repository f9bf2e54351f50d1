import { Command, Option } from 'commander';

import { collectRelays } from '../relay-options.ts';
import { parseSeconds } from '../seconds-option.ts';
import type { InfoOptions } from './run-info.ts';

export function infoCommand(): Command {
  return new Command('info')
    .description('What a server says of itself, what it offers, and whether it answers now.')
    .argument('<address>', 'name, nprofile, npub, hex or name@domain')
    .option(
      '--relay <url>',
      "look here instead of on the address's relays, or look up a bare key here; can be repeated",
      collectRelays,
    )
    .option('--key <key>', 'key to ask as: its name, or its file; otherwise one that is thrown away')
    .addOption(new Option('--encryption <mode>').choices(['required', 'none']).default('required'))
    .option('--timeout <seconds>', 'for each relay, and for each answer', parseSeconds, 15)
    .option('--json', 'print one JSON document')
    .action(async (address: string, options: InfoOptions) => {
      const { runInfo } = await import('./run-info.ts');
      await runInfo(address, options);
    });
}
