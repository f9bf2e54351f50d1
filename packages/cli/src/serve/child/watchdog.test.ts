import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

import { expect, it, onTestFinished, vi } from 'vitest';

import { isAlive, until } from '../../run-cli.test.support.ts';
import { Watchdog } from './watchdog.ts';

/** Leads a process group of its own. */
async function sleeper(): Promise<ChildProcess & { pid: number }> {
  const child = spawn('sleep', ['86400'], { detached: true, stdio: 'ignore' });
  await once(child, 'spawn');
  const { pid } = child;
  if (pid === undefined) throw new Error('sleep did not start');
  onTestFinished(() => void child.kill('SIGKILL'));
  return Object.assign(child, { pid });
}

/** And what it complains of, with the moment of the first complaint. */
function watchdog() {
  const problems: string[] = [];
  let told = (): void => {};
  const complaint = new Promise<void>((resolve) => (told = resolve));
  const made = new Watchdog((problem) => {
    problems.push(problem);
    told();
  });
  onTestFinished(() => made.close());
  return { made, problems, complaint };
}

it('ends the groups that are left when its input ends, and no other', async () => {
  const [left, released, never] = [await sleeper(), await sleeper(), await sleeper()];
  const { made, problems } = watchdog();
  expect(made.pid).toBeUndefined();
  made.guard(left.pid);
  made.guard(released.pid);
  made.release(released.pid);
  const { pid = 0 } = made;
  made.close();
  await once(left, 'exit');
  expect(left.signalCode).toBe('SIGTERM');
  await until('its end', () => !isAlive(pid));
  expect([released, never].map((each) => isAlive(each.pid))).toEqual([true, true]);
  expect(problems).toEqual([]);
});

it('that dies is replaced by one that knows all groups', async () => {
  const [old, fresh] = [await sleeper(), await sleeper()];
  const { made, problems, complaint } = watchdog();
  // It has not lived, however late we hear of its end: one that has is replaced without a word.
  const clock = vi.spyOn(performance, 'now').mockReturnValue(0);
  onTestFinished(() => clock.mockRestore());
  made.guard(old.pid);
  process.kill(made.pid ?? 0, 'SIGKILL');
  await complaint;
  clock.mockRestore();
  expect(problems).toEqual([expect.stringMatching(/children may then stay behind/)]);
  made.guard(fresh.pid);
  made.close();
  await Promise.all([once(old, 'exit'), once(fresh, 'exit')]);
});

it.skipIf(process.platform !== 'linux')(
  'inherits nothing, and obeys no signal that is meant for us',
  async () => {
    const { made } = watchdog();
    made.guard((await sleeper()).pid);
    const { pid = 0 } = made;
    const environment = (): string[] =>
      readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
    await until('its own environment', () => environment().join() === 'PATH=/usr/bin:/bin');
    const ignored = (): bigint =>
      BigInt(`0x${/SigIgn:\s*(\w+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0'}`);
    const signals = [1, 2, 3, 15]; // SIGHUP, SIGINT, SIGQUIT, SIGTERM
    const mask = signals.reduce((sum, signal) => sum | (1n << BigInt(signal - 1)), 0n);
    await until('its traps', () => (ignored() & mask) === mask);
    expect(isAlive(pid)).toBe(true);
  },
);
