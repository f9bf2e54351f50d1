import { isRecord } from '@mcp-nostr/core';

import { limits } from './limits.ts';

/** Requests and answers of NIP-46. */
export const REMOTE_SIGNING_KIND = 24_133;

/** What a remote signer says to a request: its result, its refusal, or a page on which a person has to approve first. */
export type RemoteAnswer =
  | { id: string; sort: 'result'; result: string | undefined }
  | { id: string; sort: 'refusal'; words: string }
  | { id: string; sort: 'auth'; url: string | undefined };

/** Undefined for what is no answer. */
export function parseRemoteAnswer(plaintext: string): RemoteAnswer | undefined {
  let value: unknown;
  try {
    value = JSON.parse(plaintext);
  } catch {
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  const { id, result, error } = value;
  if (typeof id !== 'string') return undefined;
  if (result === 'auth_url') return { id, sort: 'auth', url: signInPage(error) };
  if (typeof error === 'string' && error !== '') return { id, sort: 'refusal', words: shown(error) };
  return { id, sort: 'result', result: typeof result === 'string' ? result : undefined };
}

/** Only what a browser opens with a padlock is shown to anybody. */
function signInPage(given: unknown): string | undefined {
  if (typeof given !== 'string' || given.length > limits.maxUrlLength || !URL.canParse(given))
    return undefined;
  const url = new URL(given);
  return url.protocol === 'https:' ? url.href : undefined;
}

/** The signer's own words on one line, without what a terminal would obey. */
function shown(words: string): string {
  const line = words
    .slice(0, limits.maxWordsLength)
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim();
  return words.length > limits.maxWordsLength ? `${line}…` : line;
}
