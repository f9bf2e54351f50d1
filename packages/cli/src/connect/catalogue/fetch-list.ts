import type { Answer } from '../../answer.ts';
import type { Fields } from './catalogue.ts';
import { limits } from './limits.ts';
import { itemsOf } from './list-collector.ts';
import type { ListMethod } from './lists.ts';
import type { Session } from './session.ts';

const METHOD_NOT_FOUND = -32_601;

/** All pages of a list, one after the other; the answer that is in the way; undefined for a list that is too long. */
export async function fetchList(
  session: Session,
  method: ListMethod,
): Promise<Fields[] | Answer | undefined> {
  const { params } = session;
  const items: Fields[] = [];
  let chars = 0;
  let cursor: unknown;
  for (let page = 0; page < limits.maxPages; page++) {
    const answer = await session.ask(method, cursor === undefined ? params : { ...params, cursor });
    // Resources without templates, for one: there are servers that leave such a list out.
    if ('error' in answer) return answer.error.code === METHOD_NOT_FOUND ? [] : answer;
    chars += JSON.stringify(answer.result).length;
    if (chars > limits.maxListChars) return undefined;
    items.push(...(itemsOf(method, answer.result) ?? []));
    cursor = answer.result['nextCursor'];
    if (typeof cursor !== 'string') break;
  }
  return items;
}
