import { Command } from 'commander';

import { clientOption } from './client-option.ts';
import type { UninstallOptions } from './run-uninstall.ts';

export function uninstallCommand(): Command {
  return new Command('uninstall')
    .description('Take a server out of the configuration of the MCP hosts of this machine.')
    .argument('<name|address>', 'what the hosts call it, or its nprofile, npub or hex')
    .addOption(clientOption('only out of these hosts'))
    .option('--dry-run', 'show what would be changed')
    .option('--yes', 'change without asking')
    .option('--json', 'print one JSON document')
    .action(async (target: string, options: UninstallOptions) => {
      const { runUninstall } = await import('./run-uninstall.ts');
      await runUninstall(target, options);
    });
}
