import { limits } from '../address-book/limits.ts';
import { askHidden } from '../ask.ts';
import { usageError } from '../errors.ts';
import { hideArguments } from './hide-arguments.ts';

/**
 * The invite link: what was given, what stdin has, or what a person types or pastes where nobody sees it.
 * @throws {CliError}
 */
export async function readLink(given: string | undefined): Promise<string> {
  if (given !== undefined && given !== '-') {
    hideArguments();
    return given;
  }
  if (given === undefined && process.stdin.isTTY) return askHidden('Invite link');
  const text = await firstLine(process.stdin);
  if (text === '')
    throw usageError('there is no invite link on stdin', 'mcp-nostr pair asks for it on a terminal');
  return text;
}

/** The first that is not empty, without reading on. */
async function firstLine(input: AsyncIterable<unknown>): Promise<string> {
  let text = '';
  for await (const chunk of input) {
    text += String(chunk);
    if (/\S[^\n]*\n/.test(text) || text.length > limits.maxLinkLength) break;
  }
  return (
    text
      .slice(0, limits.maxLinkLength)
      .split('\n')
      .map((line) => line.trim())
      .find((line) => line !== '') ?? ''
  );
}
