import { setTimeout as sleep } from 'node:timers/promises';

import type { Part, Start } from './part.ts';
import { startOurs, startRelay } from './peers.ts';
import type { RoleProcess } from './role-process.ts';
import { roundTo } from './stats.ts';

const CALLS = 200;
/** One there and one back; what else the link has to say must fit into one more for every twenty calls. */
const MAX_EVENTS_PER_CALL = 2.05;
/** An acknowledgement may follow late: the count is right when nothing has come for this long. */
const QUIET_MS = 2_000;
const POLL_MS = 100;
/** A link that is never quiet without calls is a fault, and not to be waited out. */
const QUIET_TIMEOUT_MS = 12_000;

interface Events {
  calls: number;
  events: number;
  eventsPerCall: number;
}

/** What the link costs a relay. A count and no time: the same on every machine, so once is enough. */
export const eventsPart: Part<Events> = {
  name: 'events per quick call',
  timeoutMs: 40_000,
  run: countEvents,
  missedBars: ({ eventsPerCall }) =>
    eventsPerCall <= MAX_EVENTS_PER_CALL
      ? []
      : [`events per quick call: ${eventsPerCall}, the bar is ${MAX_EVENTS_PER_CALL}`],
  rows: ({ eventsPerCall }) => [
    ['events per quick call', eventsPerCall.toFixed(3), '', '', `at most ${MAX_EVENTS_PER_CALL}`],
  ],
};

async function countEvents(start: Start): Promise<Events> {
  const relay = await startRelay(start);
  const { client } = await startOurs(start, relay.where);
  const before = await quietCount(relay.role);
  await client.do('callInTurn', CALLS);
  const events = (await quietCount(relay.role)) - before;
  return { calls: CALLS, events, eventsPerCall: roundTo(events / CALLS, 3) };
}

/** How many EVENT messages the relay has taken, once no more come. */
async function quietCount(relay: RoleProcess): Promise<number> {
  const deadline = performance.now() + QUIET_TIMEOUT_MS;
  let count = await relay.do('eventsTaken', undefined);
  let since = performance.now();
  while (performance.now() - since < QUIET_MS) {
    if (performance.now() > deadline)
      throw new Error(`events come for ${QUIET_TIMEOUT_MS} ms without a call`);
    await sleep(POLL_MS);
    const now = await relay.do('eventsTaken', undefined);
    if (now === count) continue;
    count = now;
    since = performance.now();
  }
  return count;
}
