import { expect, it } from 'vitest';

import { shownResult } from './contents.ts';
import { looksCut, shownName, shownUri, splitName, splitUri } from './names.ts';

it('puts the prefix in front of a name, and takes it off again', () => {
  expect(shownName('weather', 'get_forecast')).toBe('weather_get_forecast');
  expect(splitName('weather_get_forecast')).toEqual({ prefix: 'weather', own: 'get_forecast' });
  expect(splitName('weather')).toBeUndefined();
  expect(shownUri('files', 'file:///a+b')).toBe('files+file:///a+b');
  expect(splitUri('files+file:///a+b')).toEqual({ prefix: 'files', own: 'file:///a+b' });
  expect(new URL(shownUri('files', 'file:///a')).protocol).toBe('files+file:');
});

it('gives hosts names of 64 characters that they take, the same every time and different for each tool', () => {
  const long = 'x'.repeat(100);
  const names = [long, `${long}y`, 'a.b', 'a/b', 'a b', 'größe', '🌍'].map((own) => shownName('w', own));
  for (const name of names) expect(name).toMatch(/^w_[\w-]{1,62}$/);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => looksCut(name))).toEqual(names);
  expect(shownName('w', 'a.b')).toBe('w_a_b_2e7336dc');
  expect(shownName('w', 'x'.repeat(62))).toBe(`w_${'x'.repeat(62)}`);
});

it('gives the host URIs that it can give back, wherever a result has them', () => {
  const link = { type: 'resource_link', uri: 'file:///a', name: 'a' };
  const embedded = { type: 'resource', resource: { uri: 'file:///b', text: 'file:///b' } };
  const text = { type: 'text', text: 'file:///c' };
  const shownLink = { ...link, uri: 'w+file:///a' };
  const shownEmbedded = { type: 'resource', resource: { uri: 'w+file:///b', text: 'file:///b' } };
  expect(shownResult('w', 'tools/call', { content: [link, embedded, text, 7], isError: false })).toEqual({
    content: [shownLink, shownEmbedded, text, 7],
    isError: false,
  });
  expect(
    shownResult('w', 'prompts/get', { messages: [{ role: 'user', content: embedded }], description: 'd' }),
  ).toEqual({ messages: [{ role: 'user', content: shownEmbedded }], description: 'd' });
  expect(shownResult('w', 'resources/read', { contents: [{ uri: 'file:///a', text: 't' }] })).toEqual({
    contents: [{ uri: 'w+file:///a', text: 't' }],
  });
  const structured = { content: [], structuredContent: { uri: 'file:///a' } };
  expect(shownResult('w', 'tools/call', structured)).toEqual(structured);
});
