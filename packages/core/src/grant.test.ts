import { expect, it } from 'vitest';

import { signEvent } from './event.ts';
import { decodeFrame, encodeFrame } from './frame.ts';
import { type Grant, grantTemplate, parsePaper, readPaper, revocationTemplate } from './grant.ts';
import { generateSecretKey, getPublicKey } from './schnorr.ts';

const identity = generateSecretKey();
const [session, server] = [getPublicKey(generateSecretKey()), getPublicKey(generateSecretKey())];
const grant: Grant = { session, server, grantedAt: 1_795_000_000, expiresAt: 1_795_086_400 };
const context = { session, server, nowSeconds: 1_795_000_001 };

it('tells the person who is asked for which server it is, and until when', () => {
  expect(grantTemplate(grant).content).toMatch(
    /^Let this program call the MCP server npub1\w{58} in your name until 2026-11-19 \d\d:\d\d UTC\.$/,
  );
  expect(grantTemplate({ ...grant, tools: ['a'] }).content).toMatch(/, within limits\.$/);
  expect(revocationTemplate({ server, before: 1 }).content).toMatch(
    /^End all your sessions at the MCP server npub1\w{58}\.$/,
  );
});

it('can be read before its signature is checked, and counts for nothing then', () => {
  const signed = signEvent(grantTemplate(grant), identity);
  const forged = JSON.stringify({ ...signed, sig: '0'.repeat(128) });
  expect(parsePaper(forged, context)).toMatchObject({ identity: getPublicKey(identity), grant });
  expect(() => readPaper(forged, context)).toThrow(expect.objectContaining({ code: 'bad_signature' }));
});

it.each(['', 'x', '[]', 'null', '{"kind":25911}', '"'.repeat(8_192)])(
  'that is none is refused: %s',
  (text) => {
    expect(() => readPaper(text, context)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^bad_(grant|event)$/) }),
    );
  },
);

it.each([
  ['for no time', { expiresAt: grant.grantedAt }, 'no whole second'],
  ['for a time that is no number', { expiresAt: NaN }, 'no whole second'],
  ['with half a second', { expiresAt: grant.grantedAt + 0.5 }, 'no whole second'],
  ['for too long', { expiresAt: grant.grantedAt + 2_592_001 }, '30 days'],
  ['with too many patterns', { tools: Array.from({ length: 65 }, () => 'a') }, '65 tools'],
  ['with an empty pattern', { prompts: [''] }, 'one of its prompts'],
  [
    'with more than a frame has room for',
    { tools: Array.from({ length: 64 }, () => '"'.repeat(50)) },
    'characters',
  ],
])('%s is refused before anybody is asked', (_, over, reason) => {
  expect(() => grantTemplate({ ...grant, ...over })).toThrow(
    expect.objectContaining({ code: 'bad_grant', message: expect.stringContaining(reason) }),
  );
});

it('with as many limits as there may be fits into its tag', () => {
  const tools = Array.from({ length: 64 }, () => '"'.repeat(46));
  const event = signEvent(grantTemplate({ ...grant, tools }), identity);
  const link = { connection: 'c'.repeat(32), sequence: 0, acknowledged: 0, instance: '' };
  const frame = { link, content: '', grant: JSON.stringify(event) };
  expect(decodeFrame(encodeFrame(frame, server, 1)).grant).toBe(frame.grant);
});
