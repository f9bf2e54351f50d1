import { expect, it } from 'vitest';

import { Turns } from './turns.ts';

const { signal } = new AbortController();

it('so many have a turn at a time, and others follow in order', async () => {
  const turns = new Turns(2);
  const order: string[] = [];
  const first = await turns.take(signal);
  const second = await turns.take(signal);
  const waiting = ['a', 'b'].map((name) => turns.take(signal).then((end) => (order.push(name), end)));
  await Promise.resolve();
  expect(order).toEqual([]);
  first();
  first(); // again: it changes nothing
  const a = await waiting[0];
  expect(order).toEqual(['a']);
  second();
  await waiting[1];
  expect(order).toEqual(['a', 'b']);
  a?.();
  await turns.take(signal);
});

it('one that gives up waiting leaves its place to the next', async () => {
  const turns = new Turns(1);
  const end = await turns.take(signal);
  const controller = new AbortController();
  const impatient = turns.take(controller.signal);
  const patient = turns.take(signal);
  controller.abort(new Error('closed'));
  await expect(impatient).rejects.toThrow('closed');
  end();
  await patient;
});
