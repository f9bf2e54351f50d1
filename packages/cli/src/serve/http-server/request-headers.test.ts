import { describe, expect, it } from 'vitest';

import { defaultCallerHeader, parseCallerHeader, parseHeaders } from './request-headers.ts';

const parse = (lines: string[], env: NodeJS.ProcessEnv = {}): Record<string, string> =>
  parseHeaders(lines, defaultCallerHeader, env);

describe('the headers that an operator gives', () => {
  it('take values from the environment, with spaces and colons', () => {
    const env = { TOKEN: 'a b:c', OTHER: 'x' };
    expect(
      parse(['Authorization: Bearer ${TOKEN}', 'X-Two:${OTHER}${OTHER}', 'x-dollar: $TOKEN'], env),
    ).toEqual({
      authorization: 'Bearer a b:c',
      'x-two': 'xx',
      'x-dollar': '$TOKEN',
    });
  });

  it('name the variable that is missing or empty, and never a value', () => {
    expect(() => parse(['a: ${MISSING}'])).toThrow(/MISSING.*--header a/);
    expect(() => parse(['a: ${EMPTY}'], { EMPTY: '' })).toThrow(/EMPTY/);
    const secret = 'secret\r\nx-mcp-nostr-caller: forged';
    expect(() => parse(['a: ${S}'], { S: secret })).toThrow(/visible ASCII/);
    expect(() => parse(['a: ${S}'], { S: secret })).not.toThrow(/secret/);
    expect(() => parse(['secret value'])).not.toThrow(/secret/);
  });

  it.each([
    'X-MCP-Nostr-Caller: forged',
    'Mcp-Session-Id: 1',
    'mcp-param-region: x',
    'Content-Length: 0',
    'Transfer-Encoding: chunked',
    'Host: x',
    'no colon',
    ': no name',
    'bad name: x',
    'empty:',
    'ümlaut: x',
    'umlaut: ü',
  ])('are refused: %s', (line) => {
    expect(() => parse([line])).toThrow(/--header/);
  });

  it('are given once each', () => {
    expect(() => parse(['a: 1', 'A: 2'])).toThrow(/twice/);
  });
});

describe('the header of the caller', () => {
  it('is any that has no meaning of its own', () => {
    expect(parseCallerHeader('X-Caller')).toBe('x-caller');
    for (const name of ['authorization', 'Mcp-Param-X', 'cookie', 'a b', '']) {
      expect(() => parseCallerHeader(name)).toThrow();
    }
  });

  it('cannot be set by --header under its new name either', () => {
    expect(() => parseHeaders(['X-Caller: forged'], 'x-caller', {})).toThrow(/who calls/);
  });
});
