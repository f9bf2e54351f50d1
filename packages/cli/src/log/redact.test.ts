import { expect, it } from 'vitest';

import {
  hideSecret,
  hideSecretArguments,
  hideSecretKey,
  hideSecretVariables,
  redact,
  redactFields,
  shownLine,
} from './redact.ts';

// NIP-19, section "Examples".
const nsec = 'nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5';
const pubkey = '3bf0c63fcb93463407af97a5e5ee64fa883d107ef9e558472c4eb9aaaefa459d';

it.each([
  [`key ${nsec} read`, 'key nsec1[redacted] read'],
  [`NSEC1${nsec.slice(5).toUpperCase()}`, 'NSEC1[redacted]'],
  [`ncryptsec1${'q'.repeat(80)}`, 'ncryptsec1[redacted]'],
  [
    `bunker://${pubkey}?relay=wss://r.example&secret=abc`,
    `bunker://${pubkey}?relay=wss://r.example&secret=[redacted]`,
  ],
  ['GET https://h/mcp?api_key=k1#x', 'GET https://h/mcp?api_key=[redacted]#x'],
  ['https://user:pass@host/path', 'https://[redacted]@host/path'],
  ['Authorization: Bearer abcdef.ghi-jkl', 'Authorization: Bearer [redacted]'],
  ['authorization: basic dXNlcjpwYXNz', 'authorization: basic [redacted]'],
  ['sent bearer abcdefghij now', 'sent bearer [redacted] now'],
  ['{"access_token":"abcdefgh","id":1}', '{"access_token":"[redacted]","id":1}'],
  ['{\\"token\\": \\"abcdefgh\\"}', '{\\"token\\": \\"[redacted]\\"}'],
  ['DB_PASSWORD=hunter22222 PORT=1', 'DB_PASSWORD=[redacted] PORT=1'],
  ['x-api-key: 12345678', 'x-api-key: [redacted]'],
  ['Cookie: a=1234; session=5678', 'Cookie: [redacted]'],
])('hides what looks like a secret: %s', (line, shown) => {
  expect(redact(line)).toBe(shown);
});

it.each([
  `caller ${pubkey}`,
  'npub1ct7mnuprahr6npcl7zumrvlsexs7uztty7eu66hj089xf4g6h0pqrql88h',
  'SyntaxError: unexpected token: }',
  'the token is missing',
  'Authorization: Bearer $MCP_NOSTR_HTTP_TOKEN',
  'wss://relay.example/path?x=1 closed',
  'mail me@host.example',
])('leaves the rest as it is: %s', (line) => {
  expect(redact(line)).toBe(line);
});

it('hides by their value the secrets that the process knows, and none that is a common word', () => {
  const key = 'ab'.repeat(32);
  hideSecretKey(key);
  hideSecret('longer than eight');
  hideSecret('longer than eight, and more');
  hideSecret('3000');
  expect(redact(`${key} ${key.toUpperCase()} ${pubkey}`)).toBe(`[redacted] [redacted] ${pubkey}`);
  expect(redact('a longer than eight, and more on port 3000')).toBe('a [redacted] on port 3000');
});

it('hides what a program finds in variables and arguments that have the name of a secret', () => {
  hideSecretVariables({
    OUR_PAT: 'variable-1',
    TOKEN_FILE: 'variable-2',
    PWD: 'variable-3',
    EMPTY_KEY: undefined,
  });
  hideSecretArguments([
    '--api-key',
    'argument-1',
    '--secret-file',
    'argument-2',
    '-token=argument-3',
    '--key=argument-4',
  ]);
  hideSecretArguments([
    '--no-token',
    'argument-5',
    '--token',
    '--argument-6',
    '--password',
    '${argument-7}',
    '--token',
  ]);
  expect(redact('variable-1 variable-2 variable-3')).toBe('[redacted] variable-2 variable-3');
  expect(redact('argument-1 argument-2 argument-3 argument-4 argument-5')).toBe(
    '[redacted] argument-2 [redacted] argument-4 argument-5',
  );
  expect(redact('--argument-6 ${argument-7}')).toBe('--argument-6 ${argument-7}');
});

it('cuts a line after its secrets are hidden', () => {
  hideSecret('another secret');
  expect(shownLine('a line\\n with another secret at its end'.replace('\\n', '\n'), 24)).toBe(
    'a line with [redacted] …',
  );
  expect(shownLine('x'.repeat(10_000_000), 10)).toBe('xxxxxxxxx…');
});

it.each(['a.', 'a-', 'token', 'cookie ', 'token-', '?a', '://', 'bearer ', "key='"])(
  'costs no more than a multiple of its length, whatever a line has in it: %s',
  (part) => {
    // Where it costs the square of the length, this takes minutes.
    expect(redact(part.repeat(200_000 / part.length)).length).toBeGreaterThan(0);
  },
);

it('hides fields by their name, at any depth', () => {
  expect(
    redactFields({ a: [{ apiKey: 5, Authorization: 'x' }], password: undefined, url: 'ws://u:p@h' }),
  ).toEqual({
    a: [{ apiKey: '[redacted]', Authorization: '[redacted]' }],
    password: undefined,
    url: 'ws://[redacted]@h',
  });
});
