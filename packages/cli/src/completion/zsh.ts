import { allCommands, type CommandShape, type Offer, wordsOf } from './command-shape.ts';
import { posixQuote } from '../shell-word.ts';

/** An autoloaded function, or to be sourced after `compinit`. */
export function zshScript(root: CommandShape): string {
  const commands = allCommands(root);
  const paths = commands.flatMap(({ at }) => (at === '' ? [] : [posixQuote(at)]));
  const values = commands.flatMap(({ at, options }) =>
    options.flatMap(({ names, value }) =>
      value === undefined
        ? []
        : [
            `    ${names.map((name) => posixQuote(`${at} ${name}`)).join(' | ')}) ${answer(value)}; return ;;`,
          ],
    ),
  );
  const options = commands.map(({ at, options: all }) => {
    const found = all.flatMap(({ names, description }) => names.map((name) => described(name, description)));
    return `      ${posixQuote(at)}) offered=(${found.join(' ')}); _describe -o option offered ;;`;
  });
  const words = commands.map((command) => {
    const found = wordsOf(command).map(({ word, description }) => described(word, description));
    const offered =
      found.length === 0
        ? answer(command.argument)
        : `offered=(${found.join(' ')}); _describe command offered`;
    return `    ${posixQuote(command.at)}) ${offered} ;;`;
  });
  return `#compdef mcp-nostr
# zsh completion of mcp-nostr. For this shell: source <(mcp-nostr completion zsh)
# For all: write it as _mcp-nostr into a folder of $fpath.

_mcp_nostr() {
  local at='' word previous="\${words[CURRENT - 1]}" i
  local -a offered
  for ((i = 2; i < CURRENT; i++)); do
    word="\${words[i]}"
    if [[ "$word" == '--' ]]; then
      # What stands here is the command line of another program.
      words=("\${(@)words[i + 1, -1]}")
      ((CURRENT -= i))
      _normal
      return
    fi
    case "$at $word" in
      ${paths.join(' | ')}) at="$at $word" ;;
    esac
  done
  if compset -P '--*='; then previous="\${IPREFIX%=}"; fi
  case "$at $previous" in
${values.join('\n')}
  esac
  if [[ "$PREFIX" == -* ]]; then
    case "$at" in
${options.join('\n')}
    esac
    return
  fi
  case "$at" in
${words.join('\n')}
  esac
}

if [[ "\${funcstack[1]}" == '_mcp-nostr' ]]; then
  _mcp_nostr "$@"
else
  compdef _mcp_nostr mcp-nostr
fi
`;
}

function answer(offer: Offer): string {
  if (offer.kind === 'files') return '_files';
  return offer.kind === 'words'
    ? `compadd -- ${offer.words.map(posixQuote).join(' ')}`
    : '_message "no suggestions"';
}

/** A word for `_describe`, which takes a colon for the end of it. */
function described(word: string, description: string): string {
  return posixQuote(`${word.replaceAll(':', String.raw`\:`)}:${description}`);
}
