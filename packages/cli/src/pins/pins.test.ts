import { describe, expect, it } from 'vitest';

import { type Fields, sightingOf, toolDefinition } from './definition.ts';
import { limits } from './limits.ts';
import { accept, compare, formatPins, noPins, parsePins } from './pins.ts';

const seen = (definition: Fields, seenAt = 1) => {
  const sighting = sightingOf(toolDefinition(definition), seenAt);
  if (sighting === undefined) throw new Error('it cannot be pinned');
  return sighting;
};
const first = seen({ name: 'a', description: 'one' });
const second = seen({ name: 'a', description: 'two' });

describe('a definition', () => {
  it.each<[string, Fields]>([
    ['title', { title: 'b' }],
    ['description', { description: 'two' }],
    ['inputSchema', { inputSchema: { type: 'object', properties: { x: {} } } }],
    ['outputSchema', { outputSchema: {} }],
    ['annotations', { annotations: { readOnlyHint: true } }],
    ['what a later version has', { later: 1 }],
  ])('is another one with another %s', (_, change) => {
    expect(seen({ name: 'a', description: 'one', ...change }).sha256).not.toBe(first.sha256);
  });

  it('is the same with its members in another order, other pictures and another _meta', () => {
    const same = seen({ description: 'one', icons: [{ src: 'x' }], name: 'a', _meta: { at: 2 } });
    expect(same.sha256).toBe(first.sha256);
  });

  it('that is too large is kept by its hash alone, and one without end not at all', () => {
    const large = seen({ description: 'x'.repeat(limits.maxDefinitionChars) });
    expect(large).toEqual({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/), seenAt: 1 });
    let nested: unknown = {};
    for (let depth = 0; depth < 100_000; depth++) nested = [nested];
    expect(sightingOf({ nested }, 1)).toBeUndefined();
  });
});

describe('a pin', () => {
  it('holds what was seen first until a person accepts something else', () => {
    const { pin, verdict } = compare({}, first, true);
    expect(verdict).toBe('pinned');
    expect(compare(pin, first, true).verdict).toBe('same');
    const changed = compare(pin, second, true);
    expect(changed).toEqual({ pin: { pinned: first, offered: second }, verdict: 'changed' });
    expect(compare(changed.pin, second, true).verdict).toBe('still');
    expect(compare(changed.pin, first, true)).toEqual({ pin: { pinned: first }, verdict: 'back' });
    expect(compare(accept(changed.pin), second, true).verdict).toBe('same');
  });

  it('is not made of what nobody has accepted', () => {
    const { pin, verdict } = compare({}, first, false);
    expect([pin, verdict]).toEqual([{ pinned: undefined, offered: first }, 'unseen']);
    expect(compare(pin, first, false).verdict).toBe('still');
    expect(accept(pin)).toEqual({ pinned: first });
  });
});

describe('a file of pins', () => {
  it('has everything that was put into it', () => {
    const pins = noPins();
    pins.tools.set('a', { pinned: first, offered: second });
    pins.tools.set('__proto__', { pinned: first });
    pins.instructions = { pinned: seen({ instructions: 'be kind' }) };
    const read = parsePins(formatPins(pins));
    expect([...read.tools.keys()]).toEqual(['a', '__proto__']);
    expect(read).toEqual(pins);
  });

  it('stays bounded: the hashes stay and texts go', () => {
    const pins = noPins();
    const description = 'x'.repeat(limits.maxDefinitionChars - 100);
    for (let i = 0; i < 100; i++) pins.tools.set(`t${i}`, { pinned: seen({ name: `t${i}`, description }) });
    const text = formatPins(pins);
    expect(text.length).toBeLessThan(limits.maxFileBytes / 2);
    const read = [...parsePins(text).tools.values()];
    expect(read.every(({ pinned }) => pinned?.sha256.length === 64)).toBe(true);
    expect(read[0]?.pinned?.definition).toBeDefined();
    expect(read[99]?.pinned?.definition).toBeUndefined();
  });

  it.each(['', '[]', '{"format":2,"tools":{}}', '{"format":1,"tools":{"a":{"pinned":{"sha256":1}}}}'])(
    'that cannot be read is not taken for an empty one: %s',
    (text) => {
      expect(() => parsePins(text)).toThrow(SyntaxError);
    },
  );
});
