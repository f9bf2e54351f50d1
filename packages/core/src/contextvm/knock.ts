import { LINK } from './support.ts';

/**
 * On what a client sends without a link while it does not know the server yet: it has a link itself. A server with one
 * takes no notice, since it has the client's opening as well.
 */
export const knockTag: readonly string[] = [LINK];

/** Whether a message without a link is meant only for servers that have none. */
export function isKnock(tags: string[][]): boolean {
  return tags.some(([name, value]) => name === LINK && value === undefined);
}
