import { describe, expect, it } from 'vitest';

import type { OutgoingMessage } from './message.ts';
import { type Content, emptyContent, Outbox } from './outbox.ts';
import { answer, call, harmless, notice } from './pair.test.support.ts';

const MAX = 1_000;
const LONE_HALF = /\p{Surrogate}/u;
const EVENT = 'e'.repeat(64);

function filled(...messages: OutgoingMessage[]): Outbox {
  const outbox = new Outbox();
  for (const message of messages) outbox.add(message);
  return outbox;
}

function drain(outbox: Outbox): Content[] {
  const contents: Content[] = [];
  for (let next = outbox.next(MAX); next !== undefined; next = outbox.next(MAX)) contents.push(next);
  return contents;
}

/** The number of a part's message, or how many messages a frame has. */
function shape(contents: Content[]): string[] {
  return contents.map(({ part, messages }) => {
    if (part === undefined) return `${messages.length} small`;
    return `${part.sort === 'abort' ? 'abort' : 'part'} of ${part.message}`;
  });
}

describe('small messages', () => {
  it('share a frame, one per line, in their order', () => {
    const messages = [notice('1'), call(2), notice('3')];
    const outbox = filled(...messages);
    expect(outbox.isEmpty).toBe(false);
    const content = outbox.next(MAX);
    expect(content?.content).toBe(messages.map(({ text }) => text).join('\n'));
    expect(content).toMatchObject({ isWhole: true, hasRequest: true, messages });
    expect([outbox.isEmpty, outbox.bytes, outbox.next(MAX)]).toEqual([true, 0, undefined]);
  });

  it('call for an answer only where one is a request', () => {
    expect(filled(notice('1'), answer(2)).next(MAX)?.hasRequest).toBe(false);
  });

  it('take another frame where one is full, and are not reordered to fill it', () => {
    const outbox = filled(notice('a'.repeat(500)), notice('b'.repeat(500)), notice('c'));
    expect(drain(outbox).map(({ messages }) => messages.length)).toEqual([1, 2]);
  });

  it('fill a frame to the byte', () => {
    const message = notice('"ä');
    const size = Buffer.byteLength(JSON.stringify(message.text)) - 2 + 2 + 3;
    const one = (maxBytes: number) => filled(message, message).next(maxBytes);
    expect(one(2 * size)?.messages).toHaveLength(2);
    expect(one(2 * size)?.bytes).toBe(2 * size);
    expect(one(2 * size - 1)?.messages).toHaveLength(1);
    expect(one(size)?.part).toBeUndefined();
    expect(one(size - 1)?.part).toBeDefined();
  });

  it('keep each the request that they belong to', () => {
    const content = filled(notice('1', 7, EVENT), notice('2'), notice('3', 8, EVENT)).next(MAX);
    expect(content?.relations).toEqual(['7', '', '8']);
    expect(content?.requestEvent).toBeUndefined();
    expect(filled(notice('1')).next(MAX)).not.toHaveProperty('relations');
  });

  it('name the event of a request where all are of that one', () => {
    expect(filled(notice('1', 7, EVENT), answer(7, '', EVENT)).next(MAX)?.requestEvent).toBe(EVENT);
    expect(filled(answer(7, '', EVENT)).next(MAX)).not.toHaveProperty('relations');
    expect(filled(notice('1')).next(MAX)).not.toHaveProperty('requestEvent');
  });
});

describe('an opening', () => {
  it('carries at most one message, and the first alone', () => {
    const outbox = filled(harmless(1), harmless(2));
    const content = outbox.opening(MAX);
    expect(content.content).toBe(harmless(1).text);
    expect(content).toMatchObject({ isWhole: true, hasRequest: true });
    expect(content.bytes).toBeGreaterThan(0);
    expect(outbox.bytes).toBe(harmless(2).text.length);
    expect(outbox.next(MAX)?.content).toBe(harmless(2).text);
  });

  it('carries nothing where the first message is not harmless: it follows in its turn', () => {
    const outbox = filled(call(1), harmless(2));
    expect(outbox.opening(MAX)).toEqual(emptyContent());
    expect(outbox.next(MAX)?.messages).toHaveLength(2);
  });

  it('that names the process carries any message, behind a mark that only a server with a link skips', () => {
    expect(filled(call(1)).opening(MAX, true).content).toBe(`\u001e${call(1).text}`);
    expect(filled(harmless(1)).opening(MAX, true).content).toBe(harmless(1).text);
    const { bytes } = filled(call(1)).opening(MAX, true);
    expect(filled(call(1)).opening(bytes, true).messages).toHaveLength(1);
    expect(filled(call(1)).opening(bytes - 1, true)).toEqual(emptyContent());
  });

  it('carries a message that fits to the byte', () => {
    const size = Buffer.byteLength(JSON.stringify(harmless(1).text)) - 2 + 2 + 3;
    expect(filled(harmless(1)).opening(size).content).toBe(harmless(1).text);
    expect(filled(harmless(1)).opening(size - 1).content).toBe('');
  });

  it('carries no part of a message', () => {
    const large = { ...harmless(1), text: `"${'x'.repeat(MAX)}"` };
    expect(filled(large).opening(MAX)).toEqual(emptyContent());
    expect(filled().opening(MAX)).toEqual(emptyContent());
    expect(emptyContent()).toEqual({ content: '', messages: [], isWhole: true, hasRequest: false, bytes: 0 });
  });
});

describe('a message that no frame holds', () => {
  it('goes in parts that make it up again, and counts as sent with its last', () => {
    const large = answer(7, '"ü🌍\\'.repeat(400), EVENT);
    const outbox = filled(large);
    const parts = drain(outbox);
    expect(parts.map(({ content }) => content).join('')).toBe(large.text);
    expect(parts.every(({ content }) => !LONE_HALF.test(content))).toBe(true);
    expect(parts.map(({ isWhole }) => isWhole)).toEqual([...parts.slice(1).map(() => false), true]);
    const totalBytes = Buffer.byteLength(large.text);
    for (const { part, requestEvent, bytes } of parts) {
      expect(part).toEqual({ message: 0, totalBytes, sort: 'response', id: '7' });
      expect(requestEvent).toBe(EVENT);
      expect(bytes).toBeGreaterThan(0);
    }
    expect([outbox.isEmpty, outbox.bytes]).toEqual([true, 0]);
  });

  it('calls for an answer with its last part, if it is a request', () => {
    const parts = drain(filled(call(1, 'x'.repeat(2 * MAX))));
    expect(parts.map(({ hasRequest }) => hasRequest)).toEqual([false, false, true]);
    expect(drain(filled(answer(1, 'x'.repeat(2 * MAX)))).some(({ hasRequest }) => hasRequest)).toBe(false);
  });

  it('takes turns with small messages', () => {
    const outbox = filled(answer(1, 'x'.repeat(5 * MAX)), notice('a'.repeat(600)), notice('b'.repeat(600)));
    expect(shape(drain(outbox)).slice(0, 6)).toEqual([
      '1 small',
      'part of 0',
      '1 small',
      'part of 0',
      'part of 0',
      'part of 0',
    ]);
  });

  it('takes turns with others, at most 16 at the same time', () => {
    const outbox = filled(...Array.from({ length: 18 }, (_, id) => answer(id, 'x'.repeat(2 * MAX))));
    const open = new Set<number>();
    let most = 0;
    const order: number[] = [];
    for (const { part, isWhole } of drain(outbox)) {
      const number = part?.message ?? -1;
      order.push(number);
      open.add(number);
      most = Math.max(most, open.size);
      if (isWhole) open.delete(number);
    }
    expect(most).toBe(16);
    expect(order.slice(0, 18)).toEqual([...Array.from({ length: 16 }, (_, index) => index), 0, 1]);
    expect(new Set(order).size).toBe(18);
  });

  it('keeps behind it what belongs to the same request, in its order, and nothing else', () => {
    const large = notice('x'.repeat(3 * MAX), 7);
    const outbox = filled(large, notice('first', 7), answer(7), notice('other', 8));
    const contents = drain(outbox);
    const texts = contents.flatMap(({ part, messages }) =>
      part === undefined ? messages.map(({ text }) => text) : [],
    );
    expect(texts).toEqual([notice('other', 8).text, notice('first', 7).text, answer(7).text]);
    const last = contents.findLastIndex(({ part }) => part !== undefined);
    const firstOf7 = contents.findIndex(({ content }) => content.includes('first'));
    expect(firstOf7).toBeGreaterThan(last);
  });

  it('keeps their order also where one of them came while its last part left', () => {
    const [first, second] = [notice('first', 7), notice('second', 7)];
    const outbox = filled(notice('x'.repeat(MAX), 7), first);
    expect(drainOne(outbox)?.isWhole).toBe(false);
    outbox.add(second);
    expect(drainOne(outbox)?.isWhole).toBe(true);
    expect(drainOne(outbox)?.messages).toEqual([first, second]);
  });

  it('that belongs to the same request waits behind it too', () => {
    const outbox = filled(notice('x'.repeat(2 * MAX), 7), answer(7, 'y'.repeat(2 * MAX)));
    const turns = [0, 0, 0, 1, 1, 1];
    expect(shape(drain(outbox))).toEqual(turns.map((number) => `part of ${number}`));
  });
});

describe('what is taken back', () => {
  it('is returned if it has not left, and only it', () => {
    const [first, second] = [notice('1'), notice('2')];
    const outbox = filled(first, second);
    expect(outbox.remove((message) => message === first)).toEqual([first]);
    expect(outbox.bytes).toBe(second.text.length);
    expect(outbox.next(MAX)?.messages).toEqual([second]);
    expect(outbox.remove(() => true)).toEqual([]);
  });

  it('after a part of it has left is ended by an abort, which goes before everything else', () => {
    const large = call(1, 'x'.repeat(3 * MAX));
    const outbox = filled(large, notice('1'));
    drainOne(outbox);
    drainOne(outbox);
    outbox.add(notice('2'));
    expect(outbox.remove((message) => message === large)).toEqual([large]);
    expect(outbox.isEmpty).toBe(false);
    const rest = drain(outbox);
    expect(shape(rest)).toEqual(['abort of 0', '1 small']);
    expect(rest[0]).toEqual({
      ...emptyContent(),
      part: { message: 0, totalBytes: 0, sort: 'abort' },
    });
    expect(outbox.bytes).toBe(0);
  });

  it('before any part of it has left needs no abort', () => {
    const [one, other] = [call(1, 'x'.repeat(3 * MAX)), call(2, 'x'.repeat(3 * MAX))];
    const outbox = filled(one, other);
    drainOne(outbox);
    outbox.remove((message) => message === other);
    expect(new Set(shape(drain(outbox)))).toEqual(new Set(['part of 0']));
  });

  it('frees what waited behind it, and takes back what matches of that', () => {
    const large = notice('x'.repeat(3 * MAX), 7);
    const [kept, gone] = [notice('kept', 7), notice('gone', 7)];
    const outbox = filled(large, kept, gone);
    drainOne(outbox);
    expect(outbox.remove((message) => message === large || message === gone)).toEqual([gone, large]);
    expect(drain(outbox).at(-1)?.messages).toEqual([kept]);
    expect([outbox.isEmpty, outbox.bytes]).toEqual([true, 0]);
  });
});

function drainOne(outbox: Outbox): Content | undefined {
  return outbox.next(MAX);
}

it('takes a quarter of a million messages behind a large one', () => {
  const outbox = new Outbox();
  const lane = { relation: '1' };
  outbox.add({ text: 'x'.repeat(20_000), sort: 'notification', ...lane });
  for (let n = 0; n < 250_000; n++) outbox.add({ text: '1', sort: 'notification', ...lane });
  while (outbox.next(10_000) !== undefined);
  expect([outbox.isEmpty, outbox.bytes]).toEqual([true, 0]);
});
