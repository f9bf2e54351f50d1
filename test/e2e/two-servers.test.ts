import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { limits } from '../../packages/client/src/limits.ts';
import { Fixture } from '../helpers/fixture-server.ts';
import { leapingClock } from '../helpers/leaping-clock.ts';
import { legs } from '../helpers/legs.ts';
import { type Connected, newSigner, type Served, withWorld, World } from '../helpers/world.ts';

/** So often a client has to be served after it was told that it is unknown, before its server counts as a rival. */
const rivalResets = 6;
/** The interval of two resets, and far less than a client waits for the word of its own server. */
const leapMs = 1000;
/** Instead of 2 s, in which two servers on a loaded machine may not come to it; less than all leaps together. */
const resetProbeMs = 6 * leapMs;

describe.each(legs)('two processes that serve one key, $name', (leg) => {
  const usual = { ...limits };
  beforeAll(() => void Object.assign(limits, { resetProbeMs }));
  afterAll(() => void Object.assign(limits, usual));

  interface Rivals {
    fixtures: readonly [Fixture, Fixture];
    served: readonly Served[];
    clients: readonly Connected[];
    /** How often each process has executed this. */
    executions: (key: string) => number[];
  }

  /** Two of them with clients that were spread over both, as it came. */
  async function withRivals(run: (rivals: Rivals) => Promise<void>): Promise<void> {
    await withWorld(new World(leg), async (world) => {
      const signer = newSigner();
      const fixtures = [new Fixture(), new Fixture()] as const;
      const served: Served[] = [];
      for (const { create } of fixtures) served.push(await world.serve(create, { signer }));
      await Promise.all(served.map(({ states }) => states.first(({ status }) => status === 'ready')));
      const server = served[0]?.server.address ?? '';
      const clients = await Promise.all(Array.from({ length: 4 }, () => world.connect({ server })));
      const executions = (key: string): number[] =>
        fixtures.map((fixture) => fixture.executions.get(key) ?? 0);
      await run({ fixtures, served, clients, executions });
    });
  }

  function count({ client }: Connected, key: string): Promise<unknown> {
    return client.callTool({ name: 'count', arguments: { key } });
  }

  it('execute each call once, each client staying where it is', () =>
    withRivals(async ({ clients, executions }) => {
      for (const [index, connected] of clients.entries()) {
        for (let call = 0; call < 5; call++) await count(connected, `client ${index}`);
        await Promise.all([5, 6, 7].map(() => count(connected, `client ${index}`)));
        expect(executions(`client ${index}`).sort((a, b) => a - b)).toEqual([0, 8]);
      }
      expect(clients.map(({ closes }) => closes.count)).toEqual([0, 0, 0, 0]);
      expect(clients.flatMap(({ errors }) => errors.items)).toEqual([]);
    }));

  it('have their clients come over when one of them closes', () =>
    withRivals(async ({ served, clients, executions }) => {
      await served[0]?.server.close();
      await Promise.all(clients.map((connected, index) => count(connected, `over ${index}`)));
      expect(clients.map((_, index) => executions(`over ${index}`))).toEqual(clients.map(() => [0, 1]));
      expect(clients.map(({ closes }) => closes.count)).toEqual([0, 0, 0, 0]);
    }));

  it.skipIf(leg.relayCount === 2)(
    'do not fight: a client that was told it is unknown stays, and that it stays is reported',
    () => {
      const leap = leapingClock();
      return withRivals(async ({ served, clients, executions }) => {
        const everybody = (): Promise<unknown> =>
          Promise.all(clients.map((connected, index) => count(connected, `client ${index}`)));
        // Little by little, as of clients that are at work all the while, and hear their server in time.
        const calls = rivalResets + 2;
        for (let call = 0; call < calls; call++) {
          await everybody();
          // By now the resets are here too, and the word of each client's own server after them.
          for (let time = 0; time < 2; time++) await Promise.all(clients.map(({ client }) => client.ping()));
          leap(leapMs);
        }
        const isReport = ({ message }: Error): boolean => message.includes('another process');
        await Promise.any(served.map(({ errors }) => errors.first(isReport)));
        for (const { errors } of served) expect(errors.count).toBeLessThanOrEqual(1);
        for (const [index] of clients.entries())
          expect(executions(`client ${index}`).sort((a, b) => a - b)).toEqual([0, calls]);
        expect(clients.flatMap(({ errors }) => errors.items)).toEqual([]);
      });
    },
  );
});
