import type { FoundServer } from '@mcp-nostr/client/discovery';
import { noSupport } from '@mcp-nostr/core/contextvm';
import { expect, it } from 'vitest';

import { formatAge } from './format-age.ts';
import { formatFound, foundLine, type ShownServer } from './print-found.ts';

const page = { paint: (_style: string, text: string) => text, width: 60, nowSeconds: 10_000 };
const server: FoundServer = {
  pubkey: '4f355bdcb7cc0af728ef3cceb9615d90684bb5b2ca5f859ab0f0b704075871aa',
  address: 'nprofile1test',
  relays: [],
  foundOn: ['wss://one.example'],
  name: 'Weather',
  about: 'rain and snow',
  initialize: { serverInfo: { name: 'weather', version: '1' } },
  tools: [{ name: 'today' }, { name: 'tomorrow' }],
  prompts: [{ name: 'ask' }],
  support: { ...noSupport, encryption: true },
  schemas: [],
  categories: [],
  prices: [],
  createdAt: 10_000 - 7_200,
};
const shown = (change: Partial<FoundServer>, liveness?: ShownServer['liveness']): ShownServer => ({
  server: { ...server, ...change },
  liveness,
});

it('has a line of facts for each server, what it says of itself, and the whole address', () => {
  expect(formatFound([shown({}), shown({ name: 'A clock', tools: [], prompts: [], about: '' })], page)).toBe(
    [
      'Weather  2 tools, 1 prompt · 2 h ago',
      '  rain and snow',
      '  nprofile1test',
      '',
      'A clock  2 h ago',
      '  nprofile1test',
      '',
      '',
    ].join('\n'),
  );
});

it('says who answers, with what, and who was not asked', () => {
  const texts = [
    { isAlive: true, durationMs: 120 },
    { isAlive: true, durationMs: 80, code: 'not_allowed' },
    { isAlive: false, durationMs: 6_000, code: 'server_silent' },
    { isAlive: false, durationMs: 1, code: 'not_encrypted' },
  ].map((liveness) => formatFound([shown({}, liveness)], page).split('\n')[0]);
  expect(texts).toEqual([
    'Weather  answers in 120 ms · 2 tools, 1 prompt · 2 h ago',
    'Weather  answers in 80 ms (not allowed) · 2 tools, 1 prompt · 2 h ago',
    'Weather  does not answer · 2 tools, 1 prompt · 2 h ago',
    'Weather  was not asked: it speaks plain text only · 2 tools, 1 prompt · 2 h ago',
  ]);
});

it('fits what strangers wrote into the width, without what a terminal would obey', () => {
  const hostile = { name: '\u001b[2JWea\u202ether\r\n', about: `\u0007${'long '.repeat(50)}` };
  const text = formatFound([shown({ ...hostile, support: noSupport })], page);
  expect(text.split('\n').map((line) => line.length)).toEqual([expect.any(Number), 60, 15, 0, 0]);
  expect(text).toContain('[2JWeather  2 tools, 1 prompt · plain text only');
  // oxlint-disable-next-line no-control-regex -- they are what it is about
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
});

it('is one line of JSON with everything, and nothing that a terminal would obey', () => {
  const hostile = shown({ name: 'a\u202e\u009bb\u001b' }, { isAlive: true, durationMs: 5 });
  const line = foundLine(hostile);
  // oxlint-disable-next-line no-control-regex -- they are what it is about
  expect(line).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  expect(line.indexOf('\n')).toBe(line.length - 1);
  expect(JSON.parse(line)).toMatchObject({
    ...server,
    name: 'a\u202e\u009bb\u001b',
    npub: 'npub1fu64hh9hes90w2808n8tjc2ajp5yhddjef0ctx4s7zmsgp6cwx4qgy4eg9',
    alive: true,
  });
});

it.each([
  [-5, 'now'],
  [59, 'now'],
  [60, '1 min ago'],
  [7_300, '2 h ago'],
  [200_000, '2 d ago'],
])('%d s are %s', (seconds, text) => {
  expect(formatAge(seconds)).toBe(text);
});
