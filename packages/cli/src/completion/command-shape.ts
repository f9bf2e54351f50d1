import type { Argument, Command, Option } from 'commander';

/** What can stand in a place of the command line, as far as a shell can offer it. */
export type Offer = { kind: 'files' } | { kind: 'words'; words: readonly string[] } | { kind: 'nothing' };

export interface OptionShape {
  /** `--relay`; with the short one, if it has one. */
  names: string[];
  description: string;
  /** Of its value; undefined when it needs none. */
  value: Offer | undefined;
}

/** A command as a shell completes it. */
export interface CommandShape {
  name: string;
  /** The words that lead to it, each behind a space and without the program's own: ` service install`. */
  at: string;
  description: string;
  options: OptionShape[];
  /** Of its first argument. */
  argument: Offer;
  commands: CommandShape[];
}

/** The shape of a command and all below it, from what the program parses its arguments with. */
export function shapeOf(command: Command, at = ''): CommandShape {
  const help = command.createHelp();
  return {
    name: command.name(),
    at,
    description: firstSentence(command.description()),
    options: help.visibleOptions(command).map(optionShape),
    argument: argumentOffer(command.registeredArguments[0]),
    commands: help
      .visibleCommands(command)
      .filter((each) => each.name() !== 'help')
      .map((each) => shapeOf(each, `${at} ${each.name()}`)),
  };
}

/** A command, and all below it. */
export function allCommands(shape: CommandShape): CommandShape[] {
  return [shape, ...shape.commands.flatMap(allCommands)];
}

/** What can stand where no option does: the commands below, or what the first argument may be. */
export function wordsOf({ commands, argument }: CommandShape): { word: string; description: string }[] {
  const named = commands.map(({ name, description }) => ({ word: name, description }));
  return argument.kind === 'words'
    ? [...named, ...argument.words.map((word) => ({ word, description: '' }))]
    : named;
}

function optionShape({ short, long, flags, description, argChoices, required }: Option): OptionShape {
  const names = [long, short].filter((name) => name !== undefined);
  // Behind one whose value may be left out, anything may come.
  if (!required) return { names, description, value: undefined };
  const [, valueName = ''] = /[<[]([\w-]+)/.exec(flags) ?? [];
  return { names, description, value: offer(valueName, argChoices) };
}

function argumentOffer(argument: Argument | undefined): Offer {
  return argument === undefined ? { kind: 'nothing' } : offer(argument.name(), argument.argChoices);
}

/** A value that is called a file is one. */
function offer(name: string, choices: readonly string[] | undefined): Offer {
  if (choices !== undefined) return { kind: 'words', words: choices };
  return /^(file|folder|path)$/.test(name) ? { kind: 'files' } : { kind: 'nothing' };
}

function firstSentence(text: string): string {
  return /^.*?[.:](?= |$)/.exec(text)?.[0].slice(0, -1) ?? text;
}
