import { allCommands, type CommandShape, type Offer, wordsOf } from './command-shape.ts';
import { posixQuote } from '../shell-word.ts';

/** For bash 3.2 (macOS) and later, with or without the package bash-completion. */
export function bashScript(root: CommandShape): string {
  const commands = allCommands(root);
  const paths = commands.flatMap(({ at }) => (at === '' ? [] : [posixQuote(at)]));
  const values = commands.flatMap(({ at, options }) =>
    options.flatMap(({ names, value }) =>
      value === undefined
        ? []
        : [`    ${names.map((name) => posixQuote(`${at} ${name}`)).join(' | ')}) ${answer(value)} ;;`],
    ),
  );
  const options = commands.map(
    ({ at, options: all }) =>
      `      ${posixQuote(at)}) _mcp_nostr_words ${posixQuote(all.flatMap(({ names }) => names).join(' '))} ;;`,
  );
  const words = commands.map((command) => {
    const offered = wordsOf(command).map(({ word }) => word);
    const found: Offer = offered.length === 0 ? command.argument : { kind: 'words', words: offered };
    return `    ${posixQuote(command.at)}) ${answer(found)} ;;`;
  });
  return `# bash completion of mcp-nostr. For this shell: source <(mcp-nostr completion bash)

_mcp_nostr_words() {
  local IFS=$' \\t\\n'
  COMPREPLY=($(compgen -W "$1" -- "$current"))
}

_mcp_nostr_files() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -f -- "$current"))
}

_mcp_nostr() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD - 1]}" at='' word i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if [[ $word == -- ]]; then
      # What stands here is the command line of another program.
      if ((i < COMP_CWORD - 1)); then _mcp_nostr_files; else COMPREPLY=($(compgen -c -- "$current")); fi
      return
    fi
    case "$at $word" in
      ${paths.join(' | ')}) at="$at $word" ;;
    esac
  done
  # bash takes --key=file for three words.
  if [[ $current == = ]]; then
    current=''
  elif [[ $previous == = ]]; then
    previous="\${COMP_WORDS[COMP_CWORD - 2]}"
  fi
  case "$at $previous" in
${values.join('\n').replaceAll(' ;;', '; return ;;')}
  esac
  if [[ $current == -* ]]; then
    case "$at" in
${options.join('\n')}
    esac
    return
  fi
  case "$at" in
${words.join('\n')}
  esac
}

complete -F _mcp_nostr mcp-nostr
`;
}

function answer(offer: Offer): string {
  if (offer.kind === 'files') return '_mcp_nostr_files';
  return offer.kind === 'words' ? `_mcp_nostr_words ${posixQuote(offer.words.join(' '))}` : ':';
}
