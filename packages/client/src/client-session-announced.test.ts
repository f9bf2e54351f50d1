import { describe, expect, it } from 'vitest';

import { outcomes, SessionWorld } from './session-world.test.support.ts';

const PRESENT = '0123456789abcdef';
const PAST = 'aaaaaaaaaaaaaaaa';

describe('an opening that names the process which was announced', () => {
  it('carries whatever comes first, so that a call takes two events', () => {
    const world = new SessionWorld({ instance: PRESENT });
    world.request(1, 'tools/call');
    world.run(60);
    expect(outcomes(world.delivered)).toEqual([[1, 'ok']]);
    expect(world.packets.map(({ from, frame }) => [from, frame.link.sequence, frame.link.instance])).toEqual([
      ['client', 0, PRESENT],
      ['server', 0, PRESENT],
    ]);
    const without = new SessionWorld();
    without.request(1, 'tools/call');
    without.run(100);
    expect(outcomes(without.delivered)).toEqual([[1, 'ok']]);
    expect(without.packets).toHaveLength(4);
  });

  it('is taken by another process where it is harmless, and that process is the server from then on', () => {
    const world = new SessionWorld({ instance: PAST });
    world.request(1, 'tools/list');
    world.request(2, 'tools/call');
    world.run(100);
    expect(outcomes(world.delivered)).toEqual([
      [1, 'ok'],
      [2, 'ok'],
    ]);
    expect(world.connections).toHaveLength(1);
  });

  it('is executed once by the process that followed, when the one that it names leaves it unanswered', () => {
    const world = new SessionWorld({ instance: PAST });
    world.request(1, 'tools/call');
    world.notify('notifications/a');
    world.run(1_900);
    expect(world.methods).toEqual([]);
    world.run(3_000);
    expect(outcomes(world.delivered)).toEqual([[1, 'ok']]);
    expect(world.methods).toEqual(['tools/call', 'notifications/a']);
    expect(world.packets.at(-1)?.frame.link.instance).toBe(PRESENT);
  });

  it('is not sent again when another process refuses it and the one that it names executes it', () => {
    const world = new SessionWorld({ instance: PRESENT });
    world.answer = () => undefined;
    world.request(1, 'tools/call');
    world.run(5);
    const requestEvent = world.packets[0]?.event.id;
    world.control('refuse', 'opening_not_harmless', { instance: PAST, requestEvent });
    world.run(10_000);
    expect(world.methods).toEqual(['tools/call']);
    expect(world.connections).toHaveLength(1);
  });

  it('has an unknown outcome where the process that it names can have had an earlier copy', () => {
    const world = new SessionWorld({ instance: PRESENT });
    world.fate = ({ from }) => (from === 'server' ? 'drop' : 'deliver');
    world.request(1, 'tools/call');
    world.run(400);
    expect(world.methods).toEqual(['tools/call']);
    world.restart();
    world.fate = () => 'deliver';
    world.run(10_000);
    expect(outcomes(world.delivered)).toEqual([[1, 'outcome_unknown']]);
    expect(world.methods).toEqual(['tools/call']);
  });

  it.each(['busy', 'not_allowed', 'moved', 'grant_expired'])(
    'has an unknown outcome then, too, when the process that followed says %s',
    (refusal) => {
      const world = new SessionWorld({ instance: PRESENT });
      world.fate = ({ from }) => (from === 'server' ? 'drop' : 'deliver');
      world.request(1, 'tools/call');
      world.run(400);
      world.restart();
      world.refusal = refusal;
      world.fate = () => 'deliver';
      world.run(10_000);
      expect(outcomes(world.delivered)).toEqual([[1, 'outcome_unknown']]);
    },
  );

  it('fails with what the server says when it refuses the first copy', () => {
    const world = new SessionWorld({ instance: PAST });
    world.refusal = 'busy';
    world.request(1, 'tools/call');
    world.run(1_000);
    expect(outcomes(world.delivered)).toEqual([[1, 'busy']]);
  });

  it('counts the first copy that anybody can have had', () => {
    const world = new SessionWorld({ instance: PAST });
    world.outcome = () => 'muted';
    world.request(1, 'tools/call');
    world.run(1_200);
    world.outcome = () => 'accepted';
    world.run(6_000);
    expect(outcomes(world.delivered)).toEqual([[1, 'ok']]);
    expect(world.methods).toEqual(['tools/call']);
  });

  it('sends no two copies that are the same, so that a refusal says which it means', () => {
    const world = new SessionWorld({ instance: PRESENT });
    world.fate = () => 'drop';
    world.request(1, 'tools/call');
    world.run(5_000);
    const details = world.packets.map(({ frame }) => frame.link.detail);
    expect(details.length).toBeGreaterThan(3);
    expect(new Set(details).size).toBe(details.length);
  });

  it('comes first only: a connection that follows another names nobody', () => {
    const world = new SessionWorld({ instance: PRESENT });
    world.request(1, 'tools/call');
    world.run(5_000);
    world.letGo(true);
    world.forget();
    world.request(2, 'tools/call');
    world.run(5_000);
    expect(outcomes(world.delivered)).toEqual([[2, 'ok']]);
    const again = world.packets.find(({ from, frame }) => from === 'client' && frame.link.sequence === 0);
    expect(again?.frame.link.instance).toBe('');
  });
});
