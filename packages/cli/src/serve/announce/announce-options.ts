import { contextvmLimits } from '@mcp-nostr/core/contextvm';
import type { AnnounceOptions } from '@mcp-nostr/server';
import type { Command } from 'commander';

import { usageError } from '../../errors.ts';
import { collectRelays } from '../../relay-options.ts';

/** As commander names them. */
export interface AnnounceCommandOptions {
  announce?: boolean;
  name?: string;
  about?: string;
  website?: string;
  picture?: string;
  announceRelay?: string[];
  relayList?: boolean;
  profile?: boolean;
}

/** What is said of one server, in the file that has it: `false` leaves it out. */
export type EntryAnnounce = boolean | AnnounceOptions;

export function addAnnounceOptions(command: Command): Command {
  return command
    .option(
      '--announce',
      'with --public: tell everybody on the relays what it offers, until mcp-nostr unannounce',
    )
    .option('--name <text>', 'what it is called there (default: what the server calls itself)')
    .option('--about <text>', 'what it is for')
    .option('--website <url>', 'its web page')
    .option('--picture <url>', 'its picture')
    .option('--announce-relay <url>', 'announce it there too; can be repeated', collectRelays)
    .option('--relay-list', 'also publish where it listens (kind 10002), for clients that have its key alone')
    .option('--profile', 'also publish a profile of its key (kind 0) with these words');
}

/** What the command line asks for. @throws {CliError} for what would say nothing, or too much */
export function announceFrom(
  options: AnnounceCommandOptions,
  { isPublic, isOneServer }: { isPublic: boolean; isOneServer: boolean },
): AnnounceOptions | undefined {
  const { announce, name, about, website, picture, announceRelay, relayList, profile } = options;
  const words = { name, about, website, picture };
  const given = Object.entries({ ...words, announceRelay, relayList, profile }).filter(
    ([, value]) => value !== undefined,
  );
  if (announce !== true) {
    const [first] = given;
    if (first !== undefined)
      throw usageError(
        `${flagOf(first[0])} says how a server is announced`,
        'give --announce too, with --public',
      );
    return undefined;
  }
  if (!isPublic)
    throw usageError(
      '--announce is for a server that everybody may call: nothing is published of a private one',
      'give --public too; to let in single people: mcp-nostr invite',
    );
  const ownWords = Object.entries(words).filter(([, value]) => value !== undefined);
  const [word] = ownWords;
  if (!isOneServer && word !== undefined)
    throw usageError(
      `${flagOf(word[0])} is for one server`,
      `with --config it is in the file: "announce": {"${word[0]}": "…"}`,
    );
  for (const [option, text] of ownWords) {
    const problem = wordProblem(option, text ?? '');
    if (problem !== undefined) throw usageError(`${flagOf(option)} ${problem}`);
  }
  return {
    ...Object.fromEntries(ownWords),
    ...(announceRelay !== undefined && { relays: announceRelay }),
    ...(relayList === true && { relayList }),
    ...(profile === true && { profile }),
  };
}

/** Both together: the file says it of one, the command line of all. */
export function announceOf(
  all: AnnounceOptions | undefined,
  one: EntryAnnounce | undefined,
): AnnounceOptions | undefined {
  if (one === false) return undefined;
  return one === undefined || one === true ? (all ?? (one === true ? {} : undefined)) : { ...all, ...one };
}

const MAX_LENGTHS: Readonly<Record<string, number>> = {
  name: contextvmLimits.maxNameLength,
  about: contextvmLimits.maxAboutLength,
  website: contextvmLimits.maxUrlLength,
  picture: contextvmLimits.maxUrlLength,
};

/** Readers leave out what they would not show. */
export function wordProblem(word: string, text: string): string | undefined {
  const max = MAX_LENGTHS[word] ?? 0;
  if (text === '') return 'is empty';
  return text.length > max ? `has ${text.length} characters, and ${max} are the most` : undefined;
}

function flagOf(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
