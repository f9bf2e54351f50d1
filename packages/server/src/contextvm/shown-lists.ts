import { isRecord } from '@mcp-nostr/core';

import { limits } from '../limits.ts';
import { AnswerError, type Fields } from './own-caller.ts';

/** The lists of an MCP server: the member of the result that holds one, and the capability that promises it. */
const LISTS = {
  tools: { method: 'tools/list', capability: 'tools' },
  resources: { method: 'resources/list', capability: 'resources' },
  resourceTemplates: { method: 'resources/templates/list', capability: 'resources' },
  prompts: { method: 'prompts/list', capability: 'prompts' },
} as const;

export type ListName = keyof typeof LISTS;

export const listNames: readonly ListName[] = ['tools', 'resources', 'resourceTemplates', 'prompts'];

/** `absent`: the server does not offer such a list. `unknown`: it could not be read this time. */
export type ShownLists = Readonly<Record<ListName, Fields[] | 'absent' | 'unknown'>>;

const METHOD_NOT_FOUND = -32_601;

export type Ask = (method: string, params: Fields) => Promise<Fields>;

/** All lists, whole. What is wrong with one is reported and does not concern the others. */
export async function readLists(
  capabilities: unknown,
  ask: Ask,
  onerror: (error: Error) => void,
): Promise<ShownLists> {
  const lists: Record<ListName, Fields[] | 'absent' | 'unknown'> = {
    tools: 'absent',
    resources: 'absent',
    resourceTemplates: 'absent',
    prompts: 'absent',
  };
  for (const name of listNames) {
    if (!isRecord(capabilities) || !isRecord(capabilities[LISTS[name].capability])) continue;
    try {
      lists[name] = await readList(name, ask);
    } catch (error) {
      // Resources without templates, for one: there are servers that leave such a list out.
      if (error instanceof AnswerError && error.code === METHOD_NOT_FOUND) continue;
      lists[name] = 'unknown';
      onerror(new Error(`${LISTS[name].method} cannot be announced: ${text(error)}`, { cause: error }));
    }
  }
  return lists;
}

async function readList(name: ListName, ask: Ask): Promise<Fields[]> {
  const { maxAnnouncedPages, maxAnnouncedChars } = limits;
  const items: Fields[] = [];
  let chars = 0;
  let cursor: unknown;
  for (let page = 0; page < maxAnnouncedPages; page++) {
    const result = await ask(LISTS[name].method, cursor === undefined ? {} : { cursor });
    const found = result[name];
    if (!Array.isArray(found) || !found.every(isRecord)) throw new Error(`its result has no ${name}`);
    chars += JSON.stringify(found).length;
    if (chars > maxAnnouncedChars)
      throw new Error(`it has more than ${maxAnnouncedChars} characters; no relay takes so much`);
    items.push(...found);
    cursor = result['nextCursor'];
    if (typeof cursor !== 'string') return items;
  }
  throw new Error(`it has more than ${maxAnnouncedPages} pages`);
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
