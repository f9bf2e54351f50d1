/* oxlint-disable typescript/unbound-method -- each is called with its own this */
import { afterEach, describe, expect, it, vi } from 'vitest';

import { Doorkeeper } from '../../packages/server/src/doorkeeper.ts';
import { Link } from '../../packages/transport/src/link/link.ts';
import { Outbound } from '../../packages/transport/src/link/outbound.ts';
import { Outbox } from '../../packages/transport/src/link/outbox.ts';
import { Sequence } from '../../packages/transport/src/link/sequence.ts';
import type { Scenario } from './scenario.ts';
import { simulate } from './simulation.ts';

afterEach(() => void vi.restoreAllMocks());

/** What a few runs in this weather find wrong. */
function violations(change: Partial<Scenario>, runs = 6): string[] {
  return Array.from({ length: runs }, (_, seed) => {
    try {
      return simulate(seed, change).violations;
    } catch (error) {
      return [String(error)];
    }
  }).flat();
}

const weather = { repeat: 0.3, minDelayMs: 1, maxDelayMs: 100, silentOk: 0, congested: 0 };
const rough: Partial<Scenario> = {
  weathers: [{ ...weather, loss: 0.2, away: [] }],
  isStateless: false,
  clientSkewSeconds: [0],
  serverSkewSeconds: 0,
  serverRestarts: [],
  clientRestarts: [],
  evictions: [],
  isWrapped: true,
  busyMs: 4_000,
};
/** Openings that are executed and not answered, by a server that dies: many short runs, since it takes all of that. */
const restarting: Partial<Scenario> = {
  ...rough,
  isStateless: true,
  weathers: [{ ...weather, loss: 0.7, away: [] }],
  serverRestarts: [1_000],
  maxDownMs: 10,
  messagesPerClient: 3,
  busyMs: 500,
};

// They take nothing but the processor, which others may use too.
describe('the simulation', { timeout: 240_000 }, () => {
  it('finds nothing wrong with the link as it is', () => {
    expect([...violations(rough), ...violations(restarting, 300)]).toEqual([]);
  });

  it('notices when a frame that was here is delivered again', () => {
    const { push } = Sequence.prototype;
    vi.spyOn(Sequence.prototype, 'knows').mockReturnValue(false);
    vi.spyOn(Sequence.prototype, 'push').mockImplementation(function (
      this: Sequence<unknown>,
      sequence,
      ...rest
    ) {
      return sequence < this.expected ? [rest[0]] : push.call(this, sequence, ...rest);
    });
    expect(violations(rough)).not.toEqual([]);
  });

  it('notices when frames are delivered as they come', () => {
    const { push } = Sequence.prototype;
    vi.spyOn(Sequence.prototype, 'push').mockImplementation(function (
      this: Sequence<unknown>,
      sequence,
      ...rest
    ) {
      const inOrder = push.call(this, sequence, ...rest);
      return sequence >= this.expected ? [rest[0]] : inOrder;
    });
    expect(violations(rough)).not.toEqual([]);
  });

  it('notices when nothing is sent again', () => {
    vi.spyOn(Outbound.prototype, 'nextRepeat').mockReturnValue(undefined);
    expect(violations(rough)).not.toEqual([]);
  });

  it('notices when an opening may carry anything, at both ends', () => {
    const { next } = Outbox.prototype;
    vi.spyOn(Outbox.prototype, 'opening').mockImplementation(function (this: Outbox, maxBytes) {
      const content = next.call(this, maxBytes);
      if (content === undefined) throw new Error('an opening without anything to say');
      return content;
    });
    const { judge } = Doorkeeper.prototype;
    vi.spyOn(Doorkeeper.prototype, 'judge').mockImplementation(function (
      this: Doorkeeper,
      key,
      visitor,
      isKnown,
    ) {
      const isOpening = !isKnown && visitor.frame.link.sequence === 0 && !visitor.isRepeat;
      return isOpening
        ? { kind: 'open', permission: { isKnown: true } }
        : judge.call(this, key, visitor, isKnown);
    });
    expect(violations(restarting, 300)).not.toEqual([]);
  });

  it('notices when what a process of the past may have executed is sent again', () => {
    const announced = { ...restarting, announced: 'present' as const };
    expect(violations(announced, 100)).toEqual([]);
    vi.spyOn(Link.prototype, 'mayBeTaken').mockReturnValue(false);
    expect(violations(announced, 100)).not.toEqual([]);
  });
});
