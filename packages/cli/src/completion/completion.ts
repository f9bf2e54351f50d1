import { Argument, Command } from 'commander';

import { bashScript } from './bash.ts';
import { type CommandShape, shapeOf } from './command-shape.ts';
import { fishScript } from './fish.ts';
import { powershellScript } from './powershell.ts';
import { zshScript } from './zsh.ts';

const scripts: Record<string, (root: CommandShape) => string> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
  powershell: powershellScript,
};

/** A shell asks such a script at each Tab, so it holds all that there is to offer and starts no program. */
export function completionCommand(): Command {
  return new Command('completion')
    .description('Print a script with which a shell completes commands, options and their values.')
    .addArgument(new Argument('<shell>', 'for which').choices(Object.keys(scripts)))
    .addHelpText(
      'after',
      `
For the shells to come:
  bash        source <(mcp-nostr completion bash)                                    in ~/.bashrc
  zsh         source <(mcp-nostr completion zsh)                                     in ~/.zshrc, after compinit
  fish        mcp-nostr completion fish > ~/.config/fish/completions/mcp-nostr.fish
  powershell  mcp-nostr completion powershell | Out-String | Invoke-Expression       in $PROFILE
`,
    )
    .action((shell: string, _options: unknown, command: Command) => {
      const script = scripts[shell];
      if (script !== undefined && command.parent !== null)
        process.stdout.write(script(shapeOf(command.parent)));
    });
}
