import { describe, expect, it } from 'vitest';

import { event, signer } from '../helpers/one-relay.ts';
import { endless, failure, openPool, readyPool, watchedPool } from '../helpers/relay-pool.ts';
import { closedScriptedRelay, openScriptedRelay } from '../helpers/scripted-relay.ts';

describe('an event for all relays', () => {
  it('goes to all relays that are there, and is not kept for one that is not', async () => {
    const refusesEvents = 'mute: nobody';
    const there = [await openScriptedRelay({ refusesEvents }), await openScriptedRelay({ refusesEvents })];
    const late = await closedScriptedRelay();
    const { pool, ready } = watchedPool([...there, late]);
    await Promise.all(there.map((relay) => ready(relay)));
    const [first, second] = [event(), event()];
    expect(await pool.publish(first)).toBe('muted');
    await Promise.all(there.map((relay) => relay.heard(`EVENT ${first.id}`)));
    await late.start();
    await ready(late);
    expect(await pool.publish(second)).toBe('accepted');
    expect(late.events).toEqual([second]);
  });

  it('goes to the first that comes when none is there, and not to those that come after', async () => {
    const [up, late] = [await openScriptedRelay(), await closedScriptedRelay()];
    const { pool, ready } = watchedPool([up, late]);
    const [first, second] = [event(), event()];
    expect(await pool.publish(first)).toBe('accepted');
    await late.start();
    await ready(late);
    await pool.publish(second);
    await late.heard('EVENT');
    expect(late.events).toEqual([second]);
  });

  it('goes to none that comes after the first has said that nobody listens: that was the last word on it', async () => {
    const muting = await openScriptedRelay({ refusesEvents: 'mute: nobody' });
    const late = await closedScriptedRelay();
    const { pool, ready } = watchedPool([muting, late]);
    expect(await pool.publish(event())).toBe('muted');
    await late.start();
    const next = event();
    await ready(late);
    await pool.publish(next, { relay: late.url });
    await late.heard('EVENT');
    expect(late.events).toEqual([next]);
  });

  it('waits for those that are away where all that are there refuse it', async () => {
    const refusing = await openScriptedRelay({ refusesEvents: 'restricted: members only' });
    const late = await closedScriptedRelay();
    const { pool, ready } = watchedPool([refusing, late]);
    await ready(refusing);
    const sent = event();
    const outcome = pool.publish(sent);
    await refusing.heard('EVENT');
    await late.start();
    expect(await outcome).toBe('accepted');
    expect(late.events).toEqual([sent]);
  });

  it('fails with all their words when those that are away do not come in time', async () => {
    const refusing = await openScriptedRelay({ refusesEvents: 'restricted: members only' });
    const down = await closedScriptedRelay();
    const { pool, ready } = watchedPool([refusing, down], { timing: { ...endless, publishTimeoutMs: 300 } });
    await ready(refusing);
    const error = await failure(pool.publish(event()));
    expect(error.data['relays']).toEqual([
      expect.objectContaining({ url: refusing.url, code: 'restricted' }),
      expect.objectContaining({ url: down.url, code: 'unreachable' }),
    ]);
  });

  it('still goes to a relay that wants to know us first, when another has taken it', async () => {
    const up = await openScriptedRelay({ sendsOk: false });
    // It does not say that it took our answer: the event goes out again only after a while.
    const careful = await openScriptedRelay({ demandsAuth: ['EVENT'], acknowledgesAuth: false });
    const pool = await readyPool([up, careful], { signer, timing: { ...endless, authTimeoutMs: 300 } });
    const sent = event();
    const published = pool.publish(sent);
    await careful.heard('AUTH ok');
    up.say(['OK', sent.id, true, '']);
    expect(await published).toBe('accepted');
    await careful.heard('EVENT', 2);
    expect(careful.events).toEqual([sent]);
  });
});

describe('an event for one of several relays', () => {
  it('goes there alone while that one is ready', async () => {
    const [first, second] = [await openScriptedRelay(), await openScriptedRelay()];
    const pool = await readyPool([first, second]);
    const sent = event();
    expect(await pool.publish(sent, { relay: second.url })).toBe('accepted');
    expect(await pool.publish(event(), { relay: first.url })).toBe('accepted');
    expect(second.events).toEqual([sent]);
  });

  it.each(['is down', 'is none of ours'])('goes to the others when it %s', async (what) => {
    const [up, down] = [await openScriptedRelay(), await closedScriptedRelay()];
    const { pool, ready } = watchedPool([up, down]);
    await ready(up);
    const relay = what === 'is down' ? down.url : 'ws://127.0.0.1:9';
    expect(await pool.publish(event(), { relay })).toBe('accepted');
  });
});

describe('an event that its sender gives up', () => {
  it.each([1, 2])('fails as closed and never goes out, with %i relays', async (count) => {
    const relays = await Promise.all(Array.from({ length: count }, () => closedScriptedRelay()));
    const pool = openPool(relays);
    const aborter = new AbortController();
    const failed = failure(pool.publish(event(), { signal: aborter.signal }));
    const kept = event();
    const published = pool.publish(kept);
    aborter.abort();
    expect(await failed).toMatchObject({ code: 'closed', message: expect.stringContaining('withdrawn') });
    expect((await failure(pool.publish(event(), { signal: aborter.signal }))).code).toBe('closed');
    for (const relay of relays) await relay.start();
    expect(await published).toBe('accepted');
    expect(relays.flatMap(({ events }) => events).every(({ id }) => id === kept.id)).toBe(true);
  });

  it('fails as closed also where another relay refused it', async () => {
    const [refusing, down] = [
      await openScriptedRelay({ refusesEvents: 'blocked: no' }),
      await closedScriptedRelay(),
    ];
    const pool = openPool([refusing, down]);
    const aborter = new AbortController();
    const failed = failure(pool.publish(event(), { signal: aborter.signal }));
    await refusing.heard('EVENT');
    // Its refusal is here once a later answer is.
    await failure(pool.publish(event(), { relay: refusing.url }));
    aborter.abort();
    expect((await failed).code).toBe('closed');
  });
});
