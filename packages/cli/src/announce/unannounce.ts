import { Command } from 'commander';

import { addWhichServer } from '../access/which-server-options.ts';
import { collectRelays } from '../relay-options.ts';
import type { UnannounceCommandOptions } from './run-unannounce.ts';

export function unannounceCommand(): Command {
  const command = new Command('unannounce').description(
    'Take back what serve --announce has published of a server: relays are asked to delete it (NIP-09). It need not run; ' +
      'one that runs announces itself again when its lists change.',
  );
  return addWhichServer(command)
    .option(
      '--relay <url>',
      'ask this relay; can be repeated (default: all on which it was announced from here)',
      collectRelays,
    )
    .option(
      '--relay-list',
      'delete its relay list (kind 10002) too (default: if serve has published it from here)',
    )
    .option('--profile', 'delete its profile (kind 0) too (default: if serve has published it from here)')
    .option('--json', 'print one JSON document')
    .action(async (options: UnannounceCommandOptions) => {
      const { runUnannounce } = await import('./run-unannounce.ts');
      await runUnannounce(options);
    });
}
