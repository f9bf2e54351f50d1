import { Command } from 'commander';

import type { AccessListOptions } from './run-access.ts';
import { addWhichServer } from './which-server-options.ts';

export function accessCommand(): Command {
  const command = new Command('access').description(
    'Who may call a server of this machine: keys, rules, and invites that are open.',
  );
  return addWhichServer(command)
    .option('--json', 'print one JSON document')
    .action(async (options: AccessListOptions) => {
      const { runAccess } = await import('./run-access.ts');
      await runAccess(options);
    });
}
