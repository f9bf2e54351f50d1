import type { JsonRpcRequest } from '@mcp-nostr/core';

import { type ConnectWords, readConnectWords } from '../connect/connect.ts';
import { shownName, shownUri } from '../connect/joined/names.ts';

/** One of the servers behind an entry, and what only it can answer. */
export interface Questioned {
  /** Undefined when `connect` as it is here does not understand the entry. */
  address: string | undefined;
  /** What its names begin with; undefined when it is alone. */
  prefix: string | undefined;
  /** Undefined where the entry's own filter would answer whatever is asked, or it is not understood. */
  params: Params | undefined;
}

type Params = NonNullable<JsonRpcRequest['params']>;

/**
 * `initialize` and the lists may be answered from memory while a server is away. Completions are not, and asking for one
 * changes nothing; that a server has none is its answer too. Each question goes through the filter of the entry and past
 * what puts several servers together, neither of which may answer it in the server's stead.
 */
export const QUESTION = 'completion/complete';

/** The servers behind the arguments of an entry. */
export function questionsFor(args: readonly string[]): Questioned[] {
  let words: ConnectWords;
  try {
    words = readConnectWords(args.slice(args.indexOf('connect') + 1));
  } catch {
    return [{ address: undefined, prefix: undefined, params: undefined }];
  }
  const { upstreams, filter } = words;
  const passes = (params: Params): boolean => {
    const request: JsonRpcRequest = { jsonrpc: '2.0', id: 1, method: QUESTION, params };
    return filter === undefined || filter.toServer(request).message !== undefined;
  };
  return upstreams.map(({ address, prefix }) => ({
    address,
    prefix,
    params: questions(prefix).find(passes),
  }));
}

/** What filters let through is different; what there is none of is not asked of anybody's prompts or resources. */
function questions(prefix: string | undefined): Params[] {
  const name = prefix === undefined ? 'mcp-nostr' : shownName(prefix, 'mcp-nostr');
  const uri = prefix === undefined ? 'mcp-nostr:none' : shownUri(prefix, 'mcp-nostr:none');
  const argument = { name: 'mcp-nostr', value: '' };
  return [
    { ref: { type: 'ref/prompt', name }, argument },
    { ref: { type: 'ref/resource', uri }, argument },
    // Names nothing that could be hidden, nor whose it would be among several. A server objects to it: that is an answer.
    ...(prefix === undefined ? [{ ref: { type: 'ref/prompt' }, argument }] : []),
  ];
}
