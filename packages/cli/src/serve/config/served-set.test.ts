import { expect, it } from 'vitest';

import { until } from '../../run-cli.test.support.ts';
import type { CommandEntry, ServerEntry } from '../server-entry.ts';
import type { Served } from '../served.ts';
import { ServedSet } from './served-set.ts';

/** Servers that open and close when the test says so. */
class Stage {
  readonly log: string[] = [];
  readonly problems: string[] = [];
  readonly closings: Map<string, () => void> = new Map();
  readonly failures: Map<string, string[]> = new Map();
  readonly set = new ServedSet({
    open: (name, entry) => this.#open(name, entry),
    onproblem: (name, message) => this.problems.push(`${name}: ${message}`),
    onclosed: (name) => this.log.push(`${name} is gone`),
    firstRetryMs: 1,
  });

  async #open(name: string, entry: ServerEntry): Promise<Served> {
    const failure = this.failures.get(name)?.shift();
    if (failure !== undefined) throw new Error(failure);
    this.log.push(`${name} ${(entry as CommandEntry).command}`);
    return {
      kill: () => this.log.push(`${name} killed`),
      close: () => new Promise((resolve) => this.closings.set(name, resolve)),
    };
  }

  /** Lets the server of this name end as soon as it is asked to. */
  readonly end = async (name: string): Promise<void> => {
    await until(`the end of ${name}`, () => this.closings.has(name));
    this.closings.get(name)?.();
    this.closings.delete(name);
  };
}

function entries(commands: Record<string, string>): Map<string, ServerEntry> {
  return new Map(
    Object.entries(commands).map(([name, command]) => [
      name,
      { kind: 'command', command, args: [], env: {}, cwd: undefined },
    ]),
  );
}

it('opens what is added, closes what is removed, and leaves alone what is the same', async () => {
  const { set, log, end } = new Stage();
  expect(set.apply(entries({ a: '1', b: '1' }))).toEqual({ added: ['a', 'b'], changed: [], removed: [] });
  await expect.poll(() => log, { timeout: 10_000 }).toEqual(['a 1', 'b 1']);
  expect(set.apply(entries({ b: '1', c: '1' }))).toEqual({ added: ['c'], changed: [], removed: ['a'] });
  await end('a');
  await expect.poll(() => log, { timeout: 10_000 }).toEqual(['a 1', 'b 1', 'c 1', 'a is gone']);
});

it('opens one that has changed when its predecessor is gone: they have one key', async () => {
  const { set, log, end } = new Stage();
  set.apply(entries({ a: '1' }));
  await expect.poll(() => log, { timeout: 10_000 }).toEqual(['a 1']);
  expect(set.apply(entries({ a: '2' }))).toMatchObject({ changed: ['a'] });
  set.apply(entries({}));
  // Removed before it was opened, and there again before its predecessor was gone.
  set.apply(entries({ a: '3' }));
  expect(log).toEqual(['a 1']);
  await end('a');
  await expect.poll(() => log, { timeout: 10_000 }).toEqual(['a 1', 'a is gone', 'a 3']);
});

it('keeps one whose entry is wrong now, and says of each only once why it does not open', async () => {
  const { set, log, problems, failures } = new Stage();
  failures.set('b', ['no command', 'no command', 'no folder']);
  set.apply(entries({ a: '1', b: '1' }));
  await expect.poll(() => log, { timeout: 10_000 }).toEqual(['a 1', 'b 1']);
  expect(problems).toEqual(['b: no command; trying on', 'b: no folder; trying on']);
  expect(set.apply(entries({ b: '1' }), new Set(['a']))).toEqual({ added: [], changed: [], removed: [] });
  set.kill();
  expect(log.slice(2)).toEqual(['a killed', 'b killed']);
});

it('closes all, also one that does not open', async () => {
  const { set, log, failures, end } = new Stage();
  failures.set(
    'b',
    Array.from({ length: 1_000 }, () => 'never'),
  );
  set.apply(entries({ a: '1', b: '1' }));
  await expect.poll(() => log, { timeout: 10_000 }).toEqual(['a 1']);
  const closed = set.close();
  await end('a');
  await closed;
  expect(log).toEqual(['a 1']);
});

it('kills also those that are being closed', async () => {
  const { set, log, end } = new Stage();
  set.apply(entries({ a: '1', b: '1' }));
  await expect.poll(() => log, { timeout: 10_000 }).toEqual(['a 1', 'b 1']);
  set.apply(entries({ b: '1' }));
  const closed = set.close();
  set.kill();
  expect(log.slice(2)).toEqual(['a killed', 'b killed']);
  await Promise.all([end('a'), end('b'), closed]);
  set.kill();
  expect(log.filter((line) => line.endsWith('killed'))).toHaveLength(2);
});
