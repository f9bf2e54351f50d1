import { type Behaviour, worksAt } from './behaviours.ts';
import type { Cell } from './cells.ts';
import { ClockHost } from './clock-host.ts';

const slow = "the server's clock 10 s slow";
const fast = "the server's clock 10 s fast";

/** Why their SDK cannot do with itself what a test of the matrix asks for; undefined where it can. */
export function faultOfTheirs({ encryption, relays }: Cell, behaviour: string): string | undefined {
  const isRepeated = encryption === 'disabled' && relays === 2;
  switch (behaviour) {
    case 'two clients at once':
      return 'progress goes to whichever client has the token, and both count from the same number';
    case 'each call once':
      return isRepeated ? 'plain text is executed once for each relay that brings it' : undefined;
    case slow:
      return 'answers are dated before the beginning of what the client has asked relays for';
    default:
      return undefined;
  }
}

/** Their servers cannot be told another time but in a thread of their own. */
export function clocksOfTheirs(): { behaviours: [string, Behaviour][]; close: () => Promise<void> } {
  const hosts: Promise<ClockHost>[] = [];
  const at = (aheadMs: number): Behaviour => {
    let host: Promise<ClockHost> | undefined;
    return async (stage) => {
      if (host === undefined) hosts.push((host = ClockHost.open(aheadMs)));
      // What cannot come need not be waited for.
      const timing = aheadMs < 0 ? { timeoutMs: 1_500 } : {};
      await worksAt(stage, await (await host).serve(stage.cell, stage.relayUrls), timing);
    };
  };
  return {
    behaviours: [
      [slow, at(-10_000)],
      [fast, at(10_000)],
    ],
    close: async () => void (await Promise.all(hosts.map(async (host) => (await host).close()))),
  };
}
