import { describe, expect, it } from 'vitest';

import { SessionWorld } from './session-world.test.support.ts';

const notice = { jsonrpc: '2.0' as const, method: 'notifications/roots/list_changed' };

describe('a session that is closed', () => {
  it('leaves no promise open: what has not arrived is told so', () => {
    const world = new SessionWorld();
    const settled: unknown[] = [];
    world.outcome = () => undefined;
    world.fate = () => 'drop';
    world.session.send(notice, undefined, (error) => settled.push(error?.code));
    world.run(100);
    world.session.close();
    expect(settled).toEqual(['closed']);
  });

  it('takes nothing more', () => {
    const world = new SessionWorld();
    world.session.close();
    const settled: unknown[] = [];
    world.session.send(notice, undefined, (error) => settled.push(error?.code));
    expect(settled).toEqual(['closed']);
  });
});
