import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { outcomes } from '../session-world.test.support.ts';
import { BareWorld, type Sent } from './bare-world.test.support.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function sayFrame(world: BareWorld, { event, outgoing }: Sent, progress: number, cvm: object): void {
  const params = { progressToken: outgoing.token, progress, cvm: { type: 'oversized-transfer', ...cvm } };
  world.say({ method: 'notifications/progress', params }, { to: event });
}

function begin(world: BareWorld, sent: Sent): void {
  const digest = `sha256:${'0'.repeat(64)}`;
  const start = { frameType: 'start', completionMode: 'render', digest, totalBytes: 1, totalChunks: 1 };
  sayFrame(world, sent, 1, start);
}

/** Its digest is another. */
function spoil(world: BareWorld, sent: Sent): void {
  begin(world, sent);
  sayFrame(world, sent, 2, { frameType: 'chunk', data: 'x' });
  sayFrame(world, sent, 3, { frameType: 'end' });
}

describe('an answer in parts', () => {
  it('that the server gives up is the end of a request that must not be sent again', async () => {
    const world = new BareWorld();
    const sent = await world.request(1, 'tools/call');
    begin(world, sent);
    sayFrame(world, sent, 2, { frameType: 'abort', reason: 'no more' });
    expect(outcomes(world.delivered)).toEqual([[1, 'outcome_unknown']]);
    expect(world.methods).toEqual(['tools/call']);
  });

  it('is no answer where the server gives up what it has not begun: our own, that it has had whole', async () => {
    const world = new BareWorld();
    sayFrame(world, await world.request(1, 'tools/call'), 2, { frameType: 'abort' });
    expect(outcomes(world.delivered)).toEqual([[1, 'outcome_unknown']]);
  });

  it('that never comes whole is not asked for without end', async () => {
    const world = new BareWorld();
    await world.request(1, 'tools/list');
    for (let i = 0; i < 5; i++) {
      spoil(world, world.last('tools/list'));
      await vi.advanceTimersByTimeAsync(0);
    }
    expect(outcomes(world.delivered)).toEqual([[1, 'server_failed']]);
    expect(world.methods.filter((method) => method === 'tools/list')).toHaveLength(3);
  });

  it('is not asked for again although a relay says late that it has the request', async () => {
    const world = new BareWorld();
    world.outcome = () => new Promise((resolve) => setTimeout(resolve, 2_000));
    begin(world, await world.request(1, 'tools/list'));
    await vi.advanceTimersByTimeAsync(9_000);
    expect(world.methods.filter((method) => method === 'tools/list')).toHaveLength(1);
  });

  it('is taken beside as many others as requests wait', async () => {
    const world = new BareWorld();
    for (let i = 0; i < 40; i++) begin(world, await world.request(i, 'tools/call'));
    expect(world.delivered).toEqual([]);
  });

  it('is the end of each request, however many have failed before', async () => {
    const world = new BareWorld();
    for (let i = 0; i < 70; i++) spoil(world, await world.request(i, 'tools/call'));
    expect(world.delivered).toHaveLength(70);
  });
});
