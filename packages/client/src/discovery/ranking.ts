import type { FoundServer } from './announcement-book.ts';
import { scoreOf } from './matching.ts';

/**
 * The servers that a search finds: the best first, then the newest. Where there are more than the limit each relay has
 * the same share of it, so that a flood on one relay pushes nobody out whom another has.
 */
export function ranked(
  servers: readonly FoundServer[],
  words: readonly string[],
  limit: number,
): FoundServer[] {
  const scored = servers.flatMap((server) => {
    const score = scoreOf(server, words);
    return score === undefined ? [] : [{ server, score }];
  });
  const inOrder = scored
    .sort(
      (a, b) =>
        b.score - a.score ||
        b.server.createdAt - a.server.createdAt ||
        a.server.pubkey.localeCompare(b.server.pubkey),
    )
    .map(({ server }) => server);
  if (inOrder.length <= limit) return inOrder;
  const chosen = inTurns(inOrder, limit);
  return inOrder.filter((server) => chosen.has(server));
}

function inTurns(servers: readonly FoundServer[], limit: number): ReadonlySet<FoundServer> {
  const relays = [...new Set(servers.flatMap(({ foundOn }) => foundOn))];
  const queues = relays.map((relay) => servers.filter(({ foundOn }) => foundOn.includes(relay)));
  const chosen = new Set<FoundServer>();
  while (chosen.size < limit) {
    for (const queue of queues) {
      let next = queue.shift();
      while (next !== undefined && chosen.has(next)) next = queue.shift();
      if (next !== undefined && chosen.size < limit) chosen.add(next);
    }
    if (queues.every((queue) => queue.length === 0)) break;
  }
  return chosen;
}
