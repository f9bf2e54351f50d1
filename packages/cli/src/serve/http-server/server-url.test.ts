import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { describe, expect, it } from 'vitest';

import { checkServer, isPrivateWay, isServerUrl, parseServerUrl, shownUrl } from './server-url.ts';
import { openUpstream } from './upstream.ts';

describe('the URL of an HTTP server', () => {
  it('is told from a command', () => {
    for (const url of ['https://a/b', 'HTTP://a', 'ws://a', 'WSS://a/b']) expect(isServerUrl(url)).toBe(true);
    for (const word of ['node', 'httpd', './http://', 'wsx://', 'ws']) expect(isServerUrl(word)).toBe(false);
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
    ['wss://host/', true],
    ['ws://localhost/', true],
    ['ws://host/', false],
    ['http://host/', false],
    ['http://10.0.0.1/', false],
    ['http://127.0.0.1.example/', false],
    ['http://localhost.example/', false],
  ])('%s is private: %j', (url, isPrivate) => {
    expect(isPrivateWay(new URL(url))).toBe(isPrivate);
  });
});

describe('the question at the start', () => {
  it.each([
    [400, 'Bad Request: no session', undefined],
    [404, 'Not Found', undefined],
    [405, '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"no"}}', undefined],
    [401, 'Unauthorized', /401/],
    [503, '{"jsonrpc":"2.0","id":null,"error":{"code":-32603,"message":"down"}}', /503/],
  ])(
    'takes %i for the refusal of an old server or for an outage, whatever the body says: %s',
    async (status, body, problem) => {
      const server = createServer((request, response) => {
        request.resume();
        response.writeHead(status).end(body);
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const url = new URL(`http://127.0.0.1:${port}/mcp`);
      const upstream = await openUpstream({ url, headers: {}, callerHeader: 'x-caller' });
      try {
        const found = await checkServer(upstream);
        if (problem === undefined) expect(found).toBeUndefined();
        else expect(found).toMatch(problem);
      } finally {
        await upstream.close();
        server.close();
      }
    },
  );
});
