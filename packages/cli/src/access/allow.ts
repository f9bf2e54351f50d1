import { Command } from 'commander';

import { parseDuration } from '../duration-option.ts';
import { addRuleOptions } from './rule-options.ts';
import type { AllowCommandOptions, DenyOptions } from './run-allow.ts';
import { addWhichServer } from './which-server-options.ts';

export function allowCommand(): Command {
  const command = new Command('allow')
    .description('Let keys call a server of this machine, in place of what was said of them before; at once.')
    .argument('<who...>', 'npub, nprofile, hex or name@domain')
    .option('--name <name>', 'what you call it, in lists and logs')
    .option('--expires <time>', 'until then, as in 24h or 30d (default: until you deny it)', parseDuration);
  return addWhichServer(addRuleOptions(command))
    .option('--json', 'print one JSON document')
    .action(async (who: string[], options: AllowCommandOptions) => {
      // What knows the rules is loaded here and for no command that a host starts.
      const { runAllow } = await import('./run-allow.ts');
      await runAllow(who, options);
    });
}

export function denyCommand(): Command {
  const command = new Command('deny')
    .description(
      'Keep keys from calling a server of this machine, also a public one; open calls end at once.',
    )
    .argument('<who...>', 'npub, nprofile, hex, name@domain, or the name that allow or invite has given')
    .option('--forget', 'neither deny nor allow: a stranger again');
  return addWhichServer(command)
    .option('--json', 'print one JSON document')
    .action(async (who: string[], options: DenyOptions) => {
      const { runDeny } = await import('./run-allow.ts');
      await runDeny(who, options);
    });
}
