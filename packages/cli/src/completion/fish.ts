import { allCommands, type CommandShape, type Offer, type OptionShape, wordsOf } from './command-shape.ts';

/** One `complete` for each thing that can be said, with the condition under which it can. */
export function fishScript(root: CommandShape): string {
  const lines = allCommands(root).flatMap((command) => {
    const when = `complete -c mcp-nostr -n ${quote(condition(command))}`;
    const words = wordsOf(command).map(
      ({ word, description }) => `${when} -a ${quote(word)} -d ${quote(description)}`,
    );
    const files = command.argument.kind === 'files' ? [`${when} -F`] : [];
    return [...words, ...files, ...command.options.map((option) => `${when} ${optionLine(option)}`)];
  });
  return `# fish completion of mcp-nostr. For this shell: mcp-nostr completion fish | source
# For all: write it to ~/.config/fish/completions/mcp-nostr.fish

# No files, but where an option takes one and behind --.
complete -c mcp-nostr -f
complete -c mcp-nostr -n 'contains -- -- (commandline -opc)' -F
${lines.join('\n')}
`;
}

/** The command's words were said, and none of those below it. */
function condition({ at, commands }: CommandShape): string {
  const said = at
    .split(' ')
    .slice(1)
    .map((word) => `__fish_seen_subcommand_from ${word}`);
  const below = commands.map(({ name }) => name).join(' ');
  return [...said, ...(below === '' ? [] : [`not __fish_seen_subcommand_from ${below}`])].join('; and ');
}

function optionLine({ names, description, value }: OptionShape): string {
  const named = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  return [...named, ...(value === undefined ? [] : [taking(value)]), `-d ${quote(description)}`].join(' ');
}

function taking(value: Offer): string {
  if (value.kind === 'files') return '-r -F';
  return value.kind === 'words' ? `-x -a ${quote(value.words.join(' '))}` : '-x';
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', String.raw`\\`).replaceAll("'", String.raw`\'`)}'`;
}
