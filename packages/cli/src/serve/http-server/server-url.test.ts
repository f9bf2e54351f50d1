import { describe, expect, it } from 'vitest';

import { isPrivateWay, isServerUrl, parseServerUrl, shownUrl } from './server-url.ts';

describe('the URL of an HTTP server', () => {
  it('is told from a command', () => {
    expect(['https://a/b', 'HTTP://a', 'node', 'httpd', './http://'].map(isServerUrl)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it('has no credentials in it, and its query is shown to nobody', () => {
    expect(() => parseServerUrl('https://me:secret@host/mcp')).toThrow(/name or password/);
    expect(() => parseServerUrl('https://me:secret@host/mcp')).not.toThrow(/secret/);
    expect(() => parseServerUrl('http://')).toThrow(/cannot be read/);
    expect(shownUrl(parseServerUrl('https://host/mcp?key=secret#there'))).toBe('https://host/mcp');
  });

  it.each([
    ['https://host/', true],
    ['http://localhost:3000/', true],
    ['http://127.3.2.1/', true],
    ['http://[::1]/', true],
    ['http://host/', false],
    ['http://10.0.0.1/', false],
    ['http://127.0.0.1.example/', false],
    ['http://localhost.example/', false],
  ])('%s is private: %j', (url, isPrivate) => {
    expect(isPrivateWay(new URL(url))).toBe(isPrivate);
  });
});
